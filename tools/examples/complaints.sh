#!/usr/bin/env bash
# Complaints of bank customers through a whole Daybook: a fresh ledger in a temporary folder with a server of its own, the
# import, and one JSON object on standard output. Everything else goes to standard error.
#
#   complaints.sh [--unary] FILE...
#
# FILE...: CSV files in the layout of cfpb_complaints.toml, plain or zstd, in any order.
# --unary: one call at a time instead of the stream.
# DAYBOOK_BIN, DAYBOOK_KEEP: see own_server.sh.
# Exit code: 0, or that of the step that failed. Lines that are refused are no failure: they are counted on standard error.
set -euo pipefail

name=complaints
# shellcheck source=own_server.sh
source "$(dirname "${BASH_SOURCE[0]}")/own_server.sh"

options=()
files=()
while (($#)); do
  case $1 in
    --unary) options+=(--unary); shift ;;
    -h | --help | -*) usage ;;
    *) files+=("$1"); shift ;;
  esac
done
((${#files[@]})) || usage

start_server
import_files cfpb_complaints.toml "${options[@]}" "${files[@]}"
daybook --output json case summary >"$work/cases.json"

in_progress=$(counts responses "$work/cases.json" | sed -n 's/.*"In progress":\([0-9]*\).*/\1/p' | grep . || echo 0)
printf '{"cases":%s,"channel":%s,"product":%s,"in_progress":%s,"untimely":%s,"disputed":%s}\n' \
  "$(number cases "$work/cases.json")" "$(counts channels "$work/cases.json")" \
  "$(counts products "$work/cases.json")" "$in_progress" "$(number untimely "$work/cases.json")" \
  "$(number disputed "$work/cases.json")"
