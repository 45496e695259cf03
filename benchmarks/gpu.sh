#!/usr/bin/env bash
# Everything that wants a GPU, in at most 9 minutes; see README.md.
#
#     benchmarks/gpu.sh pack DIR [--python 3.12]        here: what the other machine needs, into one folder
#     benchmarks/gpu.sh run DIR [--out gpu.json] ...    there, without a network: `run DIR --help` lists the options
#
# PYTHON names the interpreter whose torch is measured (default python3).
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
command="${1:-}"
case "$command" in
    pack | run) exec "${PYTHON:-python3}" "$here/gpu_$command.py" "${@:2}" ;;
    *) sed -n '4,5s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
