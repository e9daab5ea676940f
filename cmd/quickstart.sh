#!/bin/sh
# Builds tradewal and shows it at work: a trader is killed in mid-day, twice, and loses nothing.
# sh cmd/quickstart.sh, from any folder. Asks nothing; status 1 when anything is not as it is told.
# TW_QUICKSTART_BUILD: another build folder. TW_QUICKSTART_KEEP=1: leave the journal to look at,
# and say how.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/test/support/packages.sh"
build=${TW_QUICKSTART_BUILD:-$root/build/quickstart}
folder=""
trader=""
gateway=""

fail() {
    echo
    echo "quickstart: $*" >&2
    [ -z "$folder" ] || echo "quickstart: what there is to look at: $folder" >&2
    folder=""
    exit 1
}

stop_gateway() {
    if [ -n "$gateway" ]; then
        kill "$gateway" 2>/dev/null || true
        wait "$gateway" 2>/dev/null || true
        gateway=""
    fi
}

clean_up() {
    if [ -n "$trader" ]; then
        kill -9 "$trader" 2>/dev/null || true
    fi
    stop_gateway
    cd "$root"
    [ -z "$folder" ] || rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

head_line() {
    echo
    echo "-- $1"
}

words() {
    printf '%s\n' "$*" | fold -s -w 90 | sed 's/ *$//; s/^/   /'
}

# run_tradewal STATUS ARGUMENT...: shows the call and what it prints, and wants that exit status.
run_tradewal() {
    wanted=$1
    shift
    echo
    echo "   \$ tradewal $*"
    status=0
    "$build/tradewal" "$@" >out 2>&1 || status=$?
    sed 's/^/   /' out
    [ "$status" = "$wanted" ] || fail "tradewal $1 ended with status $status, expected $wanted"
}

expect() {
    grep -q -e "$1" out || fail "expected '$1' in what was printed"
}

expect_not() {
    if grep -q -e "$1" out; then
        fail "did not expect '$1' in what was printed"
    fi
}

# start_trader PACE
start_trader() {
    mkfifo said
    echo
    echo "   \$ example_trader --journal \$TRADEWAL_JOURNAL"
    : >out
    "$build/example_trader" --journal "$TRADEWAL_JOURNAL" --pace "$1" \
        --checkpoint-ms 500 >said 2>&1 &
    trader=$!
    exec 3<said
    rm said
}

# Prints what the trader says until a line holds the text. Fails when it never comes.
follow_until() {
    while IFS= read -r line <&3; do
        printf '   %s\n' "$line" | tee -a out
        case $line in
            *"$1"*) return 0 ;;
        esac
    done
    fail "the trader never said '$1'"
}

follow_to_the_end() {
    while IFS= read -r line <&3; do
        printf '   %s\n' "$line" | tee -a out
    done
    exec 3<&-
    status=0
    wait "$trader" || status=$?
    trader=""
    [ "$status" = 0 ] || fail "the trader ended with status $status"
}

kill_trader() {
    kill -9 "$trader"
    exec 3<&-
    status=0
    wait "$trader" 2>/dev/null || status=$?
    trader=""
    [ "$status" = 137 ] || fail "the trader should have died of SIGKILL, its status is $status"
    echo "   *** kill -9 ***"
}

build_all() {
    install_missing build-essential cmake ninja-build pkg-config liblmdb-dev libmsgpack-dev \
        nettle-dev libsmartcols-dev tzdata || exit 2
    mkdir -p "$build"
    echo "Building into $build"
    {
        cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTW_BUILD_TESTS=OFF \
            -DTW_WERROR=OFF &&
            cmake --build "$build"
    } >"$build/quickstart.log" 2>&1 || {
        tail -n 40 "$build/quickstart.log" >&2
        fail "the build failed, see $build/quickstart.log"
    }
}

# All but what every session writes by itself.
count_events() {
    "$build/tradewal" export | grep -vc -e '"type":"session_' -e '"type":"clock"'
}

make_journal() {
    head_line "A journal"
    words "A journal is a folder. It belongs to one account, and to paper or live money. It is" \
        "made once."
    run_tradewal 0 init --account DU1234567 --env paper
}

first_crash() {
    head_line "A trader at work"
    words "A process of its own that embeds the library. It logs each event before it acts on" \
        "it. The day is a script: its prices, orders and fills carry times of 2025-10-06," \
        "whatever the clock says now. We kill the process at a bad moment: an order is on its" \
        "way to the broker, and nobody has answered."
    start_trader 150
    follow_until "[tsla-15-partial]"
    kill_trader

    head_line "What a restart would find"
    words "Nothing is changed by looking. A session is one run of a process that writes the" \
        "journal. 'snapshot 40 + 2 records' is the state that was saved after record 40, and" \
        "the two records behind it, replayed. The crash is as many days ago as the script is" \
        "old. Position, stop, attempts and P&L come out of" \
        "them; the order in doubt is named, because a trader that sends it again may sell" \
        "twice."
    run_tradewal 0 recover --date 2025-10-06
    expect "TSLA"
    expect "tsla-15-partial"
    expect "-109"
}

second_run() {
    head_line "The trader again"
    words "It opens the journal, says what it recovered, asks the broker about the order in" \
        "doubt, and goes on in the step it died in. We kill it a second time, with three" \
        "positions open."
    start_trader 60
    follow_until "stop moved to 445.25"
    expect "in doubt: tsla-15-partial"
    follow_until "bar, close 727.6"
    kill_trader
}

# The same broker, asked as TWS is asked: a gateway of the tests speaks its protocol.
ask_gateway() {
    head_line "The same from TWS"
    if ! command -v python3 >/dev/null 2>&1; then
        words "(Left out: the gateway that stands for TWS here needs python3.)"
        return
    fi
    cat >scenario.json <<'JSON'
{"accounts": ["DU1234567"], "time": 1759762200,
 "positions": [{"symbol": "NVDA", "con_id": 4815747, "qty": "50", "avg_cost": "725.50"},
               {"symbol": "AMD", "con_id": 4391, "qty": "-200", "avg_cost": "165.05"}],
 "orders": [{"symbol": "NVDA", "con_id": 4815747, "action": "SELL", "qty": "50", "type": "STP",
             "aux": "722.00", "perm_id": 77, "order_ref": "by-hand", "why_held": "trigger",
             "outside_rth": 1}]}
JSON
    words "A live broker tells its open orders too: no stop at the broker protects AMD. TWS and" \
        "IB Gateway are asked through their socket; what listens here is the tests' own" \
        "gateway. Nothing that is sent could change an order."
    : >port
    python3 "$root/test/support/gateway.py" scenario.json >port 2>gateway.log &
    gateway=$!
    tries=0
    while [ ! -s port ]; do
        tries=$((tries + 1))
        [ "$tries" -le 100 ] || fail "the gateway did not start: $(cat gateway.log)"
        sleep 0.1
    done
    run_tradewal 1 reconcile --broker "tws://127.0.0.1:$(cat port)?client=2010"
    expect "^TSLA .* D6 "
    expect "^NVDA .* D2 "
    expect "^AMD .* no working stop  *D26 "
    expect "NVDA .* SELL 50 STP at 722 "
    expect "Nothing was changed"
    stop_gateway
}

reconcile() {
    cat >broker.json <<'JSON'
{"complete": true, "as_of": "2025-10-06T10:50:00-04:00", "account": "DU1234567",
 "positions": [{"symbol": "NVDA", "qty": "50", "avg_cost": "725.50"},
               {"symbol": "AMD", "qty": "-200", "avg_cost": "165.05"}]}
JSON
    head_line "Meanwhile at the broker"
    words "While the trader was dead, TSLA was closed by hand and half of NVDA was sold. The" \
        "broker owns the quantity; the log owns why. Comparing changes nothing; status 1" \
        "says: they differ."
    run_tradewal 1 reconcile --broker file:broker.json
    expect "TSLA"
    expect "NVDA"

    ask_gateway

    head_line "Put on record"
    words "Each correction becomes an event, so that anybody can see later what was known and" \
        "what was assumed. What nobody explained locks new entries in that symbol; exits" \
        "stay free."
    run_tradewal 1 reconcile --broker file:broker.json --apply
    count=$(count_events)
    run_tradewal 0 reconcile --broker file:broker.json --apply
    expect "Nothing new to record"
    [ "$count" = "$(count_events)" ] || fail "reconciling twice should have appended nothing"
    echo
    words "Run twice, it appended nothing the second time: the quantities are the broker's now." \
        "What happened stays on record as a finding until somebody has opened the gate of that" \
        "symbol."
    run_tradewal 0 positions
    expect "NVDA"
}

last_run() {
    head_line "The rest of the day"
    words "The third run goes by what is left: it takes 25 of the 50 NVDA off at the target," \
        "finds no TSLA to stop out, takes no entry while the gate is closed, and ends cleanly."
    start_trader 20
    follow_to_the_end
    expect "no entry: the gate is closed"
    expect "the day is over"
}

look_back() {
    head_line "Was anything lost or counted twice?"
    words "verify reads every record, the chain over them and the index of executions, and" \
        "folds the day again for every snapshot. Below it, recover shows times of two kinds:" \
        "sessions and gates were opened and closed just now, by the clock of this machine," \
        "while all that was traded carries the times of the script. The stop of TSLA was left" \
        "behind by the sale at the broker: tradewal says so, and leaves cancelling to the trader."
    run_tradewal 0 verify
    run_tradewal 0 pnl
    expect "USD  *422.50"
    run_tradewal 0 recover --date 2025-10-06
    expect "ended cleanly"
    expect_not "LONG"
    expect_not "SHORT"
    expect_not "IN DOUBT"
    expect "tsla-11-stop .*nothing is held"

    head_line "The day, to hand over"
    words "One JSON object a line, exact decimals as text."
    echo
    echo "   \$ tradewal export"
    "$build/tradewal" export >day.jsonl || fail "export ended with an error"
    head -n 2 day.jsonl | cut -c 1-160 | sed 's/^/   /'
    echo "   ..."
    tail -n 1 day.jsonl | cut -c 1-160 | sed 's/^/   /'
    lines=$(wc -l <day.jsonl)
    shaped=$(grep -c '^{"seq":[0-9]*,"time":"2[^"]*",.*"type":"[a-z_]*",.*}$' day.jsonl)
    sessions=$(grep -c '"type":"session_opened"' day.jsonl)
    doubled=$(grep '"type":"fill"' day.jsonl | sed 's/.*"exec_id":"\([^"]*\)".*/\1/' |
        sort | uniq -d | wc -l)
    [ "$lines" = "$shaped" ] || fail "$shaped of $lines lines have the shape of an event"
    [ "$sessions" = 5 ] || fail "$sessions sessions are in the log, expected 5"
    [ "$doubled" = 0 ] || fail "$doubled executions are in the log twice"
    echo
    words "$lines events, all in shape; 3 runs of the trader, 2 of them killed, and 2 of" \
        "reconcile; no execution twice."
}

echo "tradewal quickstart"
build_all
folder=$(mktemp -d "$build/story-XXXXXX")
cd "$folder"
TRADEWAL_JOURNAL=day-journal
export TRADEWAL_JOURNAL
make_journal
first_crash
second_run
reconcile
last_run
look_back

head_line "Read on"
words "README.md, then docs/embedding.md to put it into a trader, docs/recovery.md for what" \
    "happens at a start, docs/durability.md for what is promised and what is not. The" \
    "command: $build/tradewal help"
if [ -n "${TW_QUICKSTART_KEEP:-}" ]; then
    words "The journal is kept. To look at it:"
    echo
    echo "   export TRADEWAL_JOURNAL=$folder/$TRADEWAL_JOURNAL"
    echo "   $build/tradewal info"
    echo "   $build/tradewal log --order tsla-15-partial"
    folder=""
else
    words "To keep this journal and try commands on it: TW_QUICKSTART_KEEP=1 sh cmd/quickstart.sh"
fi
echo
echo "quickstart: done"
