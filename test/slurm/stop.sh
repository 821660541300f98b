#!/usr/bin/env bash
# Stops the cluster that start.sh made: test/slurm/stop.sh [DIR] [--remove]     (DIR: default $SLURM_PRIVATE_DIR)
# Ends its jobs, then exactly the processes listed in DIR/pids and what is left inside its own network namespaces, then removes these and the bridge.
# --remove deletes DIR too.
set -uo pipefail
DIR=${SLURM_PRIVATE_DIR:-} REMOVE=0
for a in "$@"; do case $a in --remove) REMOVE=1 ;; *) DIR=$a ;; esac; done
[ -n "$DIR" ] && [ -f "$DIR/pids" ] && [ -f "$DIR/links" ] || { echo "slurm: no cluster in '${DIR}'" >&2; exit 1; }
DIR=$(cd "$DIR" && pwd -P)
export SLURM_CONF=$DIR/etc/slurm.conf

alive() { # NAME PID STARTTIME: is it still that same process?
  [ -r "/proc/$2/stat" ] && [ "$(sed 's/.*) //' "/proc/$2/stat" 2>/dev/null | cut -d' ' -f20)" = "$3" ] \
    && [ "$(sed 's/.*) //' "/proc/$2/stat" 2>/dev/null | cut -c1)" != Z ]
}
end() { # NAME PID STARTTIME
  alive "$@" || return 0
  kill -TERM "$2" 2>/dev/null
  for _ in $(seq 100); do alive "$@" || return 0; sleep 0.1; done
  echo "slurm: $1 ($2) ignored SIGTERM; SIGKILL" >&2
  kill -KILL "$2" 2>/dev/null
}

# 1. jobs, while the daemons can still end them in order (a job may need KillWait to go)
if grep -q '^slurmctld ' "$DIR/pids" && read -r n p s < <(grep '^slurmctld ' "$DIR/pids") && alive "$n" "$p" "$s"; then
  # shellcheck disable=SC2046
  jobs=$(timeout 10 squeue -h -o %A 2>/dev/null | sort -u)
  if [ -n "$jobs" ]; then
    timeout 10 scancel $jobs 2>/dev/null
    for _ in $(seq 75); do [ -z "$(timeout 5 squeue -h -o %A 2>/dev/null)" ] && break; sleep 0.2; done
  fi
fi
# 2. daemons: nodes, controller, munged
while read -r n p s; do end "$n" "$p" "$s"; done < <(tac "$DIR/pids")
# 3. leftovers in our own namespaces (a step daemon outlives slurmd on purpose)
while read -r kind name; do
  [ "$kind" = netns ] || continue
  for sig in TERM KILL; do
    left=$(ip netns pids "$name" 2>/dev/null); [ -n "$left" ] || break
    for p in $left; do kill -$sig "$p" 2>/dev/null; done
    sleep 0.5
  done
  ip netns del "$name" 2>/dev/null
done < "$DIR/links"
while read -r kind name; do [ "$kind" = bridge ] && ip link del "$name" 2>/dev/null; done < "$DIR/links"
rm -f "$DIR/pids" "$DIR/links"
[ "$REMOVE" = 1 ] && rm -rf -- "$DIR"
exit 0
