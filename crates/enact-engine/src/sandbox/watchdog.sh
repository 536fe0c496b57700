# Guards one PostgreSQL server for the process at the other end of standard input.
# Arguments: the postgres binary, the data directory, the log, the sandbox's directory.
# Orders come on standard input; end of file, which the kernel makes when the parent dies
# however it dies, means: stop the server and remove everything.
# Answers go to standard error. Standard output is the sandbox's lock file, never written:
# holding it open keeps the lock.
trap '' HUP INT TERM PIPE
# The shell's own remarks ("Killed") go nowhere, so that standard error has answers only.
exec 3>&2 2>/dev/null
server=
while read -r order argument; do
  case $order in
    start)
      "$1" -D "$2" >>"$3" 2>&1 </dev/null 3>&- &
      server=$!
      echo "started $server" >&3 ;;
    check)
      # `jobs` reaps a server that has ended; without it `kill -0` would still find the zombie.
      jobs >/dev/null
      if [ -n "$server" ] && kill -0 "$server"; then
        echo running >&3
      else
        server=
        echo gone >&3
      fi ;;
    stop)
      if [ -n "$server" ]; then
        kill -s "$argument" "$server"
        wait "$server"
        server=
      fi
      echo stopped >&3 ;;
  esac
done
if [ -n "$server" ]; then
  kill -s QUIT "$server"
  wait "$server"
fi
rm -rf "$4"
exit 0
