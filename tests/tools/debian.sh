# Sourced, not run: Debian packages in a folder. Nothing is installed, and nobody needs to be root.
#
#     unpack_packages FOLDER PACKAGE...

# One package's libraries among its dependencies; libc is every machine's own.
libraries_of() {
  "${apt_cache[@]}" depends "$1" | awk '$1 == "Depends:" && $2 ~ /^lib/ && $2 !~ /^lib(c6|js)/ { print $2 }'
}

# Unpacks packages and their libraries into a folder that is made anew.
unpack_packages() {
  local folder=$1 work packages=() package
  shift
  work=$(mktemp -d)
  trap "rm -rf '$work'" EXIT
  # package lists of its own: the machine's may be old, and only root may renew them
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/deb"
  local own=(-o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache")
  local apt_get=(apt-get -qq "${own[@]}" -o APT::Sandbox::User="$(id -un)") apt_cache=(apt-cache "${own[@]}")
  "${apt_get[@]}" update
  for package in "$@"; do mapfile -t -O "${#packages[@]}" packages < <(echo "$package"; libraries_of "$package"); done
  (cd "$work/deb" && "${apt_get[@]}" download "${packages[@]}")
  rm -rf "$folder"
  mkdir -p "$folder"
  for package in "$work"/deb/*.deb; do dpkg-deb -x "$package" "$folder"; done
}
