#!/bin/sh
# Builds and tests everything: sh test/run.sh [gcc|clang|asan|tsan|fuzz ...], from any folder.
# Installs what is missing (Debian 12), asks nothing, fails when any lane fails.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/test/support/packages.sh"

lanes=${*:-gcc clang asan tsan fuzz}
for lane in $lanes; do
    case $lane in
        gcc | clang | asan | tsan | fuzz) ;;
        *)
            echo "unknown lane '$lane'; there are gcc, clang, asan, tsan and fuzz" >&2
            exit 2
            ;;
    esac
done

install_missing build-essential gcc clang cmake ninja-build pkg-config liblmdb-dev libmsgpack-dev \
    check nettle-dev libsmartcols-dev python3 tzdata strace libclang-rt-dev || exit 2

# One test asks an independent client from npm. Without it that test says so and is skipped.
other_client="@stoqey/ib@1.6.10"
modules="$root/build/npm"
if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then
    :
elif ! (install_missing nodejs npm); then
    echo "Without node and npm the test gateway is not compared with another client."
fi
if command -v npm >/dev/null 2>&1 && [ ! -e "$modules/node_modules/@stoqey/ib/package.json" ]; then
    mkdir -p "$modules"
    echo "npm: installing $other_client below build/"
    npm install --prefix "$modules" --no-save --no-audit --no-fund --ignore-scripts \
        --loglevel=error "$other_client" >"$modules/install.log" 2>&1 </dev/null ||
        echo "npm could not install it, see build/npm/install.log: a test will be skipped."
fi

jobs=$(nproc)
launcher=""
if command -v ccache >/dev/null 2>&1; then
    launcher="-DCMAKE_C_COMPILER_LAUNCHER=ccache"
fi
passed=0
failed=0
summary=""

# Some kernels place mappings where a sanitizer does not expect them; not so without randomisation.
choose_runner() {
    runner=""
    [ "$1" = thread ] || return 0
    probe="$build/probe"
    echo 'int main(void) { return 0; }' >"$probe.c"
    if ! gcc -fsanitize=thread "$probe.c" -o "$probe" || "$probe" >/dev/null 2>&1; then
        return 0
    fi
    if setarch -R "$probe" >/dev/null 2>&1; then
        runner="setarch -R"
    fi
}

# Sum of the checks inside the test programs, from what they printed.
count_checks() {
    awk '
        match($0, /Checks: [0-9]+,/) { sum += substr($0, RSTART + 8, RLENGTH - 9) }
        /^Ran [0-9]+ tests? in/ { sum += $2 }
        END { print sum + 0 }' "$1"
}

junit_count() {
    sed -n "s/^[[:space:]]*$1=\"\([0-9]*\)\".*/\1/p" "$build/junit.xml" 2>/dev/null | head -n 1
}

note_result() { # lane, result, seconds
    line=$(printf '%-6s %-8s %4d s   %s' "$1" "$2" "$3" "$detail")
    summary="$summary$line
"
}

run_lane() { # lane, compiler, build type, sanitizers, ctest arguments...
    lane=$1 compiler=$2 type=$3 sanitize=$4
    shift 4
    build="$root/build/$lane"
    begin=$(date +%s)
    detail=""
    echo
    echo "== $lane: $compiler, $type${sanitize:+, $sanitize} =="
    mkdir -p "$build/tmp"
    # Instrumented code makes gcc guess wrongly about what it sees; the other lanes are strict.
    werror=ON
    [ -z "$sanitize" ] || werror=OFF
    # shellcheck disable=SC2086
    if ! cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER="$compiler" \
        -DCMAKE_BUILD_TYPE="$type" -DCMAKE_C_FLAGS_DEBUG="-g -O1" -DTW_SANITIZE="$sanitize" \
        -DTW_WERROR="$werror" $launcher \
        >"$build/configure.log" 2>&1; then
        tail -n 30 "$build/configure.log"
        detail="cmake failed"
    elif ! ninja -C "$build" -j "$jobs" >"$build/build.log" 2>&1; then
        grep -v '^\[' "$build/build.log" | tail -n 60
        detail="the build failed"
    fi
    if [ -n "$detail" ]; then
        failed=$((failed + 1))
        note_result "$lane" FAILED $(($(date +%s) - begin))
        return
    fi
    choose_runner "$sanitize"
    log="$build/Testing/Temporary/LastTest.log"
    rm -f "$log"
    # Journals refuse tmpfs, which /tmp may be. shellcheck disable=SC2086
    (cd "$build" && TMPDIR="$build/tmp" CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-120} \
        $runner ctest --no-tests=error --output-on-failure -j "$jobs" --output-junit junit.xml "$@")
    status=$?
    ran=$(junit_count tests) bad=$(junit_count failures) skipped=$(junit_count skipped)
    ran=${ran:-0} bad=${bad:-0} skipped=${skipped:-0}
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then
        bad=1
    fi
    passed=$((passed + ran - bad - skipped))
    failed=$((failed + bad))
    detail="$ran programs, $(count_checks "$log") checks in them, $bad failed, $skipped skipped"
    if [ "$bad" = 0 ]; then
        note_result "$lane" passed $(($(date +%s) - begin))
    else
        note_result "$lane" FAILED $(($(date +%s) - begin))
    fi
    if grep -q '^SKIPPED' "$log" 2>/dev/null; then
        skips="$skips$(grep '^SKIPPED' "$log" | sort -u | sed "s/^/$lane: /")
"
    fi
}

# libFuzzer looks for inputs by itself, so many seconds a target; what it finds stays in the build.
fuzz_lane() {
    build="$root/build/fuzz"
    begin=$(date +%s)
    seconds=${TW_FUZZ_SECONDS:-60}
    detail=""
    echo
    echo "== fuzz: clang, libFuzzer with AddressSanitizer and UndefinedBehaviorSanitizer =="
    mkdir -p "$build"
    echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d && n > 99; }' \
        >"$build/probe.c"
    if ! clang -fsanitize=fuzzer -Wno-missing-prototypes "$build/probe.c" -o "$build/probe" \
        >"$build/probe.log" 2>&1; then
        echo "SKIPPED: clang has no libFuzzer here (libclang-rt-dev)"
        skips="${skips}fuzz: SKIPPED: clang has no libFuzzer here (libclang-rt-dev)
"
        return
    fi
    if ! cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTW_FUZZ=ON >"$build/configure.log" 2>&1; then
        tail -n 30 "$build/configure.log"
        detail="cmake failed"
    elif ! ninja -C "$build" -j "$jobs" fuzz_targets >"$build/build.log" 2>&1; then
        grep -v '^\[' "$build/build.log" | tail -n 60
        detail="the build failed"
    fi
    if [ -n "$detail" ]; then
        failed=$((failed + 1))
        note_result fuzz FAILED $(($(date +%s) - begin))
        return
    fi
    ran=0 bad=0
    rm -f "$build"/*.fuzzed
    # shellcheck disable=SC2016
    (cd "$build" && ls test/*_libfuzzer | xargs -P "$jobs" -I{} sh -c '
        name=$(basename {} _libfuzzer)
        mkdir -p corpus/$name
        {} corpus/$name -max_total_time='"$seconds"' -timeout=20 -print_final_stats=1 \
            -artifact_prefix=$name- >$name.log 2>&1
        echo $? >$name.fuzzed')
    for result in "$build"/*.fuzzed; do
        name=$(basename "$result" .fuzzed)
        ran=$((ran + 1))
        if [ "$(cat "$result")" = 0 ]; then
            sed -n "s/^stat::number_of_executed_units: */$name: inputs /p" "$build/$name.log"
        else
            bad=$((bad + 1))
            echo "$name: FAILED, its input is in build/fuzz/"
            tail -n 40 "$build/$name.log"
        fi
    done
    [ "$ran" -gt 0 ] || bad=1
    passed=$((passed + ran - bad))
    failed=$((failed + bad))
    detail="$ran targets, $seconds s each, $bad failed"
    if [ "$bad" = 0 ]; then
        note_result fuzz passed $(($(date +%s) - begin))
    else
        note_result fuzz FAILED $(($(date +%s) - begin))
    fi
}

skips=""
start=$(date +%s)
for lane in $lanes; do
    case $lane in
        gcc) run_lane gcc gcc RelWithDebInfo "" ;;
        clang) run_lane clang clang RelWithDebInfo "" -L '^(unit|property|fuzz)$' ;;
        asan) run_lane asan gcc Debug address,undefined -LE '^(tidy|real|counts|images)$' ;;
        tsan) run_lane tsan gcc Debug thread -LE '^(tidy|real|counts|fuzz|images)$' ;;
        fuzz) fuzz_lane ;;
    esac
done

echo
echo "== summary =="
printf '%s' "$summary"
if [ -n "$skips" ]; then
    echo
    printf '%s' "$skips"
fi
echo
echo "total $(($(date +%s) - start)) s"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
