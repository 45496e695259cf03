"""Tables of the field as Markdown, HTML and LaTeX."""

from collections.abc import Callable, Sequence
from html import escape

from spacenit_evals.results.published.beside import FieldTable, Line, protocols_of
from spacenit_evals.results.published.table import sources

HEADING = ("model", "value", "protocol", "variant", "inputs", "parameters", "seconds", "source", "note")

_STYLE = (
    "<style>table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:2px 6px;text-align:left}"
    ".ours{font-weight:bold}</style>"
)

_LATEX = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "$": r"\$", "~": r"\textasciitilde{}"}


def markdown(tables: Sequence[FieldTable]) -> str:
    """Markdown; rows of ours are bold."""
    lines = []
    for table in tables:
        lines += [f"## {_title(table)}", "", _row(HEADING), _row(["---"] * len(HEADING))]
        lines += [
            _row([f"**{cell}**" if cell and line.ours else cell for cell in _cells(line)]) for line in table.lines
        ]
        lines.append("")
    return "\n".join([*lines, *(f"- {text}" for text in _legend(tables))]) + "\n"


def html(tables: Sequence[FieldTable]) -> str:
    """One page that needs nothing else; rows of ours are bold."""
    body = []
    for table in tables:
        body += [f"<h2>{escape(_title(table))}</h2>", "<table>", _html_row(HEADING, "th")]
        body += [_html_row(_cells(line), "td", ' class="ours"' * line.ours) for line in table.lines]
        body.append("</table>")
    body += ["<ul>", *(f"<li>{escape(text)}</li>" for text in _legend(tables)), "</ul>"]
    head = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        "<title>Results beside published ones</title>",
        _STYLE,
    ]
    return "\n".join([*head, *body, "</html>"]) + "\n"


def latex(tables: Sequence[FieldTable]) -> str:
    """Tables for a document that loads `booktabs`; rows of ours are bold."""
    lines = []
    for table in tables:
        lines += [r"\begin{tabular}{" + "l" * len(HEADING) + "}", r"\toprule"]
        lines += [f"\\multicolumn{{{len(HEADING)}}}{{l}}{{{_latex(_title(table))}}} \\\\", r"\midrule"]
        lines += [_latex_row(HEADING, str), r"\midrule"]
        lines += [_latex_row(_cells(line), _bold if line.ours else str) for line in table.lines]
        lines += [r"\bottomrule", r"\end{tabular}", ""]
    return "\n".join([*lines, *(f"% {text}" for text in _legend(tables))]) + "\n"


FORMATS: dict[str, Callable[[Sequence[FieldTable]], str]] = {"markdown": markdown, "html": html, "latex": latex}


def _title(table: FieldTable) -> str:
    return f"{table.benchmark}, {table.metric}"


def _cells(line: Line) -> list[str]:
    value = f"{line.value:.3f}" + ("" if line.low is None else f" [{line.low:.3f}, {line.high:.3f}]")
    return [
        line.model,
        value,
        line.protocol,
        line.variant,
        line.inputs,
        "" if line.parameters is None else _count(line.parameters),
        "" if line.seconds is None else f"{line.seconds:.1f}",
        "here" if line.ours else line.source,
        line.note,
    ]


def _count(parameters: float) -> str:
    if parameters < 1e5:
        return f"{parameters:,.0f}"
    return f"{parameters / 1e6:.1f}M" if parameters < 1e9 else f"{parameters / 1e9:.1f}B"


def _legend(tables: Sequence[FieldTable]) -> list[str]:
    """What sources and protocols are."""
    used = dict.fromkeys(line.source for table in tables for line in table.lines if line.source)
    told = [
        f"{key}: {source.title}, {source.link}; {source.made} ({source.licence})"
        for key, source in sources().items()
        if key in used
    ]
    return told + [f"{name}: {text}" for name, text in protocols_of(tables).items()]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _html_row(cells: Sequence[str], tag: str, attributes: str = "") -> str:
    return f"<tr{attributes}>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _latex(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)


def _bold(text: str) -> str:
    return f"\\textbf{{{text}}}" if text else ""


def _latex_row(cells: Sequence[str], shown: Callable[[str], str]) -> str:
    return " & ".join(shown(_latex(cell)) for cell in cells) + r" \\"
