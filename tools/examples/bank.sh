#!/usr/bin/env bash
# A bank's campaign through a whole Daybook: a fresh ledger in a temporary folder with a server of its own, the attribute
# schema, the import, and one JSON object on standard output. Everything else goes to standard error.
#
#   bank.sh [--unary] FILE...
#
# FILE...: CSV files in the layout of bank_marketing.toml, plain or zstd. Customers are numbered through all of them.
# --unary: one call at a time instead of the stream.
# DAYBOOK_BIN, DAYBOOK_KEEP: see own_server.sh.
# Exit code: 0, or that of the step that failed. Lines that are refused are no failure: they are counted on standard error.
set -euo pipefail

name=bank
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
daybook schema publish "$here/bank_marketing_schema.toml" --request-id bank-marketing-schema >/dev/null
import_files bank_marketing.toml "${options[@]}" "${files[@]}"

daybook --output json order summary >"$work/customers.json"
daybook --output json holding summary >"$work/holdings.json"
daybook --output json contact summary --campaign term-deposit >"$work/campaign.json"
daybook --output json contact summary --campaign earlier >"$work/earlier.json"

# Open holdings of a kind.
held() { sed -n "s/.*{\"kind\":\"$1\",\"open\":\"\([0-9]*\)\".*/\1/p" "$work/holdings.json" | grep . || echo 0; }
both=$(sed -n 's/.*{"kind":"housing-loan","other_kind":"personal-loan","customers":"\([0-9]*\)".*/\1/p' \
  "$work/holdings.json" | grep . || echo 0)
yes=$(counts wrap_up_codes "$work/campaign.json" | sed -n 's/.*"yes":\([0-9]*\).*/\1/p' | grep . || echo 0)

printf '{"customers":%s,"housing":%s,"loan":%s,"both":%s,"channel":%s,"yes":%s,"campaign":%s,"seconds":%s,"previous":%s}\n' \
  "$(number customers "$work/customers.json")" "$(held housing-loan)" "$(held personal-loan)" "$both" \
  "$(counts channel_details "$work/campaign.json")" "$yes" "$(number campaign_contacts "$work/campaign.json")" \
  "$(number seconds "$work/campaign.json")" "$(number campaign_contacts "$work/earlier.json")"
