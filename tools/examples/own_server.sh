# A server of its own for the examples: sourced, not run. Expects `set -euo pipefail` and $name, the name of the script.
# Sets $here (this folder), $bin and $work (a temporary folder that goes at the end); start_server starts the server, which
# ends with the script, and `daybook` then speaks to it.
#
# DAYBOOK_BIN: folder of daybook and daybookd; default build/release/bin beside tools/.
# DAYBOOK_KEEP: a folder to keep the ledger in instead of a temporary one, and to go on with if it is there.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${DAYBOOK_BIN:-$here/../../build/release/bin}
work=
server_pid=

# Prints the comment at the head of the script and ends it.
usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2
  exit 2
}

end_server() {
  local code=$?
  if [[ -n $server_pid ]]; then
    kill "$server_pid" 2>/dev/null || true
    wait "$server_pid" 2>/dev/null || true
  fi
  if ((code)) && [[ -s $work/server.log ]]; then tail -n 20 "$work/server.log" >&2; fi
  rm -rf "$work"
  exit "$code"
}

# Starts the server on a free port of loopback and waits until it serves.
start_server() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/daybook-$name.XXXXXX")
  local ledger=${DAYBOOK_KEEP:-$work/ledger}
  mkdir -p "$ledger"
  trap end_server EXIT
  trap 'exit 130' INT TERM
  "$bin/daybookd" --data-dir "$ledger" --listen 127.0.0.1:0 --port-file "$work/port" >"$work/server.log" 2>&1 &
  server_pid=$!
  for ((i = 0; i < 600; i++)); do
    [[ -s $work/port ]] && break
    kill -0 "$server_pid" 2>/dev/null || { echo "$name.sh: daybookd ended" >&2; exit 5; }
    sleep 0.1
  done
  [[ -s $work/port ]] || { echo "$name.sh: daybookd does not serve" >&2; exit 3; }
  local port
  port=$(<"$work/port")
  export DAYBOOK_SERVER=127.0.0.1:${port##*:}
}

daybook() { "$bin/daybook" --timeout 300 "$@"; }

# Imports files through a mapping of this folder: MAPPING FILE... Refused lines are no failure: they are counted.
import_files() {
  local code=0
  daybook import --mapping "$here/$1" --refused "$work/refused.csv" "${@:2}" >"$work/import.json" || code=$?
  # 4: done, and some lines were refused.
  if ((code != 0 && code != 4)); then exit "$code"; fi
}

# The value of a key in a line of JSON; whole numbers may be quoted, as protobuf's 64-bit ones are.
number() { sed -n "s/.*\"$1\":\"\{0,1\}\(-\{0,1\}[0-9][0-9]*\).*/\1/p" "$2" | head -n 1 | grep . || echo 0; }

# A list of {"value":V,"count":"N"} in a line of JSON as an object {V:N}. V stays as it is escaped.
counts() {
  sed -E "s/.*\"$1\":\[((\{\"value\":\"([^\"\\]|\\\\.)*\",\"count\":\"[0-9]+\"\},?)*)\].*/\1/
    s/\{\"value\":(\"([^\"\\]|\\\\.)*\"),\"count\":\"([0-9]+)\"\}/\1:\3/g
    s/.*/{&}/" "$2"
}
