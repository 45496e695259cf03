"""What a check found, for people and for programs."""

from collections.abc import Sequence

from attrs import asdict, evolve, frozen

from spacenit_core.kinds.benchmarks import Benchmark
from spacenit_core.text import paragraph
from spacenit_evals.checks.finding import SEVERITIES, Finding
from spacenit_evals.checks.rules import RULES
from spacenit_evals.checks.survey import Survey, survey


@frozen(kw_only=True)
class CheckReport:
    """What a check found.

    Attributes:
        benchmark: its name.
        setup: what was opened: version, variant, month rule ...
        read: how many samples were read.
        samples: how many there are.
        findings: the worst first.
    """

    benchmark: str
    setup: dict[str, object]
    read: int
    samples: int
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return any(finding.severity == "error" for finding in self.findings)

    def with_findings(self, more: Sequence[Finding]) -> "CheckReport":
        """The same with more findings."""
        return evolve(self, findings=tuple(_sorted([*self.findings, *more])))

    def record(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)

    def text(self) -> str:
        """Lines that fit the terminal."""
        read = f"{self.samples} samples" if self.read == self.samples else f"{self.read} of {self.samples} samples"
        lines = [f"{self.benchmark}: {read} checked by {len(RULES)} rules."]
        lines += [f"{name}: {_plain(value)}" for name, value in self.setup.items()]
        for finding in self.findings:
            lines += ["", f"{finding.severity}: {finding.seen}."]
            lines += [f"  expected: {finding.expected}"] if finding.expected else []
            lines += [f"  {finding.remedy}"] if finding.remedy else []
        return paragraph("\n".join([*lines, "", f"{', '.join(self._count(kind) for kind in SEVERITIES)}."]))

    def _count(self, kind: str) -> str:
        count = sum(finding.severity == kind for finding in self.findings)
        return f"{count} {kind}{'' if count == 1 else 's'}"


def check_benchmark(benchmark: Benchmark, name: str = "", *, samples: int | None = None) -> CheckReport:
    """Hold the values, dates, labels and splits of a benchmark against what it says of them.

    Args:
        benchmark: opened with all that it offers.
        name: what to call it.
        samples: the most samples to read, evenly taken; None for all. Labels and splits are looked at whole.

    Raises:
        DataError: where a sample cannot be read.
    """
    return check_survey(survey(benchmark, samples), name)


def check_survey(seen: Survey, name: str = "") -> CheckReport:
    """The same for samples that were read already."""
    return CheckReport(
        benchmark=name,
        setup={**seen.benchmark.setup(), **seen.benchmark.remarks()},
        read=len(seen.read),
        samples=len(seen.benchmark.numbers),
        findings=tuple(_sorted([finding for rule in RULES for finding in rule(seen)])),
    )


def _sorted(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
