# shellcheck shell=sh
# Sourced by test/run.sh and cmd/quickstart.sh. install_missing PACKAGE...: installs those Debian
# packages that are not there yet, and says which. Asks nothing. Returns 2 when it cannot.

missing_packages() {
    missing=""
    for package in "$@"; do
        case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
            installed) ;;
            *) missing="$missing $package" ;;
        esac
    done
    missing=${missing# }
}

install_missing() {
    if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
        echo "This is not a Debian system, so nothing is installed. Needed: $*"
        return 0
    fi
    missing_packages "$@"
    if [ -z "$missing" ]; then
        echo "Packages: all there, nothing to install."
        return 0
    fi
    if [ "$(id -u)" = 0 ]; then
        as_root="env"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo -n env"
    else
        echo "Missing packages, and neither root nor sudo without a password to install them." >&2
        echo "Install them first: apt-get install $missing" >&2
        return 2
    fi
    echo "Packages: installing $missing"
    packages_log=$(mktemp)
    # shellcheck disable=SC2086
    if $as_root DEBIAN_FRONTEND=noninteractive apt-get update -q >"$packages_log" 2>&1 &&
        $as_root DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
            $missing >>"$packages_log" 2>&1; then
        rm -f "$packages_log"
        return 0
    fi
    tail -n 20 "$packages_log" >&2
    rm -f "$packages_log"
    echo "apt-get could not install: $missing" >&2
    return 2
}
