#!/usr/bin/env bash
# A shop's half year through a whole Daybook: a fresh ledger in a temporary folder with a server of its own, the
# programme, the import, and one JSON object on standard output. Everything else goes to standard error.
#
#   retail.sh [--expiry-months N] [--as-of T] [--unary] FILE...
#
# FILE...: CSV files in the layout of online_retail.toml, plain or zstd, in any order.
# --expiry-months N: points lapse N months after they are earned; adds the key points_lapsed.
# --as-of T: the points at that instant, RFC 3339 or Europe/London time; else now. Adds the key points_lapsed.
# --unary: one call at a time instead of the stream.
# DAYBOOK_BIN, DAYBOOK_KEEP: see own_server.sh.
# Exit code: 0, or that of the step that failed. Lines that are refused are no failure: they are counted.
set -euo pipefail

name=retail
# shellcheck source=own_server.sh
source "$(dirname "${BASH_SOURCE[0]}")/own_server.sh"

zone=Europe/London
expiry_months=
as_of=
import_options=()
files=()

while (($#)); do
  case $1 in
    --expiry-months) expiry_months=${2:?--expiry-months needs a number}; shift 2 ;;
    --as-of) as_of=${2:?--as-of needs an instant}; shift 2 ;;
    --unary) import_options+=(--unary); shift ;;
    -h | --help | -*) usage ;;
    *) files+=("$1"); shift ;;
  esac
done
((${#files[@]})) || usage

start_server

publish=(programme publish "$here/retail_programme.toml" --request-id retail-programme)
if [[ -n $expiry_months ]]; then publish+=(--set "expires_after = { months = $expiry_months }"); fi
daybook "${publish[@]}" >/dev/null

import_files online_retail.toml "${import_options[@]}" "${files[@]}"

daybook --output json order summary >"$work/summary.json"
balances=(--output json --zone "$zone" points balances --programme main)
if [[ -n $as_of ]]; then balances+=(--as-of "$as_of"); fi
daybook "${balances[@]}" >"$work/balances.jsonl"

refused_customer_missing=$(number CUSTOMER_MISSING "$work/import.json")
refused_all=$(number lines_refused "$work/import.json")

# customer TAB active TAB pending TAB earned TAB clawed back TAB expired
sed -n 's/.*"customer":"customers\/\([^"]*\)".*"active":"\(-\{0,1\}[0-9]*\)".*"pending":"\(-\{0,1\}[0-9]*\)".*"earned":"\([0-9]*\)".*"clawed_back":"\([0-9]*\)".*"expired":"\([0-9]*\)".*/\1\t\2\t\3\t\4\t\5\t\6/p' \
  "$work/balances.jsonl" >"$work/balances.tsv"
read -r earned clawed outstanding with_points lapsed < <(
  awk -F'\t' '{ e += $4; c += $5; o += $2 + $3; p += ($2 + $3 > 0); x += $6 }
    END { printf "%d %d %d %d %d\n", e, c, o, p, x }' "$work/balances.tsv")
top=$(awk -F'\t' '{ printf "%s\t%d\n", $1, $2 + $3 }' "$work/balances.tsv" |
  LC_ALL=C sort -t $'\t' -k2,2nr -k1,1 | awk -F'\t' 'NR <= 10 { printf "%s[\"%s\",%s]", (NR > 1 ? "," : ""), $1, $2 }')

printf '{"lines_read":%s,"refused_customer_missing":%s,"refused_other":%s' \
  "$(number lines_read "$work/import.json")" "$refused_customer_missing" $((refused_all - refused_customer_missing))
for key in orders order_lines; do printf ',"%s":%s' "$key" "$(number "$key" "$work/summary.json")"; done
printf ',"order_amount_minor":%s' "$(number order_amount_minor "$work/summary.json")"
for key in returns return_lines return_units unmatched_units customers customers_with_orders; do
  printf ',"%s":%s' "$key" "$(number "$key" "$work/summary.json")"
done
printf ',"points_earned":%s,"points_clawed_back":%s,"points_outstanding":%s,"customers_with_points":%s,"top":[%s]' \
  "$earned" "$clawed" "$outstanding" "$with_points" "$top"
if [[ -n $expiry_months || -n $as_of ]]; then printf ',"points_lapsed":%s' "$lapsed"; fi
printf '}\n'
