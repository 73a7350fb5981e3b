# Watchdog: kills the servers of a stack after its owner has died. The owner holds the other end of the standard input,
# which closes when the owner dies for any reason. A line on it means that the owner has stopped the servers itself.
#   $1: the stack's folder, where NAME.pid holds "PID SIGNAL" of a running server;  $2: "remove" or "keep" the folder
trap '' HUP INT TERM
read -r _ && exit

children() { grep -lsx "PPid:[[:space:]]*$1" /proc/[0-9]*/status | cut -d / -f 3; }
running() { [ -d "/proc/$1" ] && ! grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"; }

for note in "$1"/*.pid; do
    [ -f "$note" ] && read -r pid signal <"$note" || continue
    family="$(children "$pid") $pid"
    kill -CONT $family
    kill -"$signal" "$pid"
    tries=100
    while running "$pid" && [ $((tries -= 1)) -gt 0 ]; do sleep 0.1; done
    running "$pid" && kill -KILL $family
    rm -f "$note" # a number that is left lying around is some other process one day
done

if [ "$2" = remove ]; then
    tries=100
    while ! rm -rf -- "$1" && [ $((tries -= 1)) -gt 0 ]; do sleep 0.1; done
fi
