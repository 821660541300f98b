#!/usr/bin/env bash
# Starts a private Slurm cluster on this machine: a controller and NODES nodes, each slurmd in network, host-name and mount namespaces of its own,
# joined by a bridge that has no uplink. Nothing of the machine is touched: no service, no /etc. stop.sh ends what this began.
#
#   eval "$(test/slurm/start.sh [DIR])"    # DIR: configuration, key, spool and logs; default a new folder
#
# Settings, from the environment:
#   NODES=2           nodes (node1, node2, …)
#   CPUS=4            CPUs that each claims; may exceed the real ones
#   KILL_WAIT=5       seconds between SIGTERM and SIGKILL at a time limit or scancel (Slurm's default: 30)
#   CRED_EXPIRE=20    seconds that a requeued job waits before it starts again (Slurm's default: 120)
#   MPI_DEFAULT=none  what srun means without --mpi
#   PMIX_FENCE=ring   SLURM_PMIX_FENCE (ring | tree | mixed)
#   START_TIMEOUT=60  seconds to wait for the nodes
#
# Needs root and Debian's packages: slurm-client slurmctld slurmd slurm-wlm-basic-plugins munge libpmi2-0 libpmix-dev openmpi-bin iproute2 util-linux
# (libpmix-dev at run time: Slurm's plugin opens the unversioned libpmix.so). Exits with 77 where such a cluster can't be made here at all.
set -euo pipefail

NODES=${NODES:-2} CPUS=${CPUS:-4} KILL_WAIT=${KILL_WAIT:-5} CRED_EXPIRE=${CRED_EXPIRE:-20}
MPI_DEFAULT=${MPI_DEFAULT:-none} PMIX_FENCE=${PMIX_FENCE-ring}
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
say() { printf '%s\n' "slurm: $*" >&2; }
die() { say "$*"; exit 1; }
impossible() { say "$*"; exit 77; }

[ "$(id -u)" = 0 ] || impossible "needs root (namespaces, slurmd)"
for program in slurmctld slurmd munged srun sbatch ip nsenter unshare; do
  command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || impossible "$program is missing"
done

# ---- folder ---------------------------------------------------------------------------------------------
if [ $# -ge 1 ]; then mkdir -p "$1"; DIR=$(cd "$1" && pwd -P); else DIR=$(mktemp -d "${TMPDIR:-/tmp}/slurm.XXXXXX"); fi
[ -e "$DIR/pids" ] && die "$DIR already holds a cluster; run: $HERE/stop.sh $DIR"
[ ${#DIR} -le 80 ] || die "path too long for a socket: $DIR"
chmod 755 "$DIR"
mkdir -p "$DIR"/{etc,run,log,state,spool,tmp}
chmod 700 "$DIR/state"
: > "$DIR/pids"; : > "$DIR/links"
READY=
finish() {
  [ -n "$READY" ] && return
  say "start failed (logs: $DIR/log)"; tail -n 5 "$DIR"/log/*.log "$DIR"/log/*.out >&2 2>/dev/null || :
  "$HERE/stop.sh" "$DIR" >&2 || :
}
trap finish EXIT; trap 'exit 130' INT; trap 'exit 143' TERM

# pids: NAME PID STARTTIME (the start time guards against a reused pid)
note() { printf '%s %s %s\n' "$1" "$2" "$(sed 's/.*) //' "/proc/$2/stat" | cut -d' ' -f20)" >> "$DIR/pids"; }

# ---- network: a bridge without uplink, one namespace per node --------------------------------------------
N=
for i in $(seq 20 250); do
  ip -o addr | grep -q " 10\.213\.$i\." && continue
  if ip link add "slurmbr$i" type bridge 2>/dev/null; then N=$i; break; fi
done
[ -n "$N" ] || impossible "no bridge could be made (the kernel has no bridge or veth, or this container has no CAP_NET_ADMIN)"
NET=10.213.$N
echo "bridge slurmbr$N" >> "$DIR/links"
ip addr add "$NET.1/24" dev "slurmbr$N"
ip link set "slurmbr$N" up
{ echo "127.0.0.1 localhost"; echo "$NET.1 $(hostname -s)"; echo "$NET.2 ctl"
  for n in $(seq "$NODES"); do echo "$NET.$((10 + n)) node$n"; done; } > "$DIR/etc/hosts"
space() { # HOST LAST-BYTE: a network namespace with one address on the bridge
  local ns=slurm$N-$1
  ip netns add "$ns" || impossible "no network namespace could be made"
  echo "netns $ns" >> "$DIR/links"
  ip link add "sl$N-$1" type veth peer name eth0 netns "$ns" || impossible "no veth pair could be made"
  ip link set "sl$N-$1" master "slurmbr$N" up
  ip -n "$ns" addr add "$NET.$2/24" dev eth0
  ip -n "$ns" link set lo up
  ip -n "$ns" link set eth0 up
}
space ctl 2
for n in $(seq "$NODES"); do space "node$n" $((10 + n)); done

# ---- configuration ---------------------------------------------------------------------------------------
export SLURM_CONF=$DIR/etc/slurm.conf
cat > "$SLURM_CONF" <<CONF
ClusterName=private$N
SlurmctldHost=ctl($NET.2)
SlurmctldPort=6817
SlurmdPort=6818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$DIR/run/munge.socket,cred_expire=$CRED_EXPIRE
StateSaveLocation=$DIR/state
SlurmdSpoolDir=$DIR/spool/%n
TmpFS=$DIR/tmp
SlurmctldPidFile=$DIR/run/slurmctld.pid
SlurmdPidFile=$DIR/run/slurmd.%n.pid
SlurmctldLogFile=$DIR/log/slurmctld.log
SlurmdLogFile=$DIR/log/slurmd.%n.log
SlurmctldDebug=info
SlurmdDebug=info
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=$MPI_DEFAULT
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=5
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$DIR/log/jobcomp.log
ReturnToService=2
KillWait=$KILL_WAIT
JobRequeue=1
InactiveLimit=0
MinJobAge=300
Waittime=0
UnkillableStepTimeout=60
SlurmdTimeout=60
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,bf_interval=1,sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
CONF
for n in $(seq "$NODES"); do
  echo "NodeName=node$n NodeAddr=$NET.$((10 + n)) CPUs=$CPUS RealMemory=4096 TmpDisk=0 State=UNKNOWN" >> "$SLURM_CONF"
done
echo "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE DefaultTime=60 State=UP" >> "$SLURM_CONF"

# ---- daemons ---------------------------------------------------------------------------------------------
( umask 077; head -c 1024 /dev/urandom > "$DIR/etc/munge.key" )
chmod 600 "$DIR/etc/munge.key"
setsid /usr/sbin/munged --foreground --force --key-file="$DIR/etc/munge.key" --socket="$DIR/run/munge.socket" \
  --pid-file="$DIR/run/munged.pid" --seed-file="$DIR/run/munged.seed" --num-threads=2 \
  </dev/null >"$DIR/log/munged.log" 2>&1 &
note munged $!
for _ in $(seq 100); do [ -S "$DIR/run/munge.socket" ] && break; sleep 0.1; done
[ -S "$DIR/run/munge.socket" ] || die "munged did not come up"

# The controller and each node run in their own network, host-name and mount namespaces.
# nsenter, not "ip netns exec": the latter remounts /sys, and the cgroup mounts below it are gone.
# Each step execs the next, so $! is the daemon itself.
inside() { # HOST COMMAND...
  local host=$1; shift
  setsid nsenter --net="/run/netns/slurm$N-$host" unshare --uts --mount --propagation private /bin/bash -c '
    set -e
    hostname "$1"
    mount --bind "$2/etc/hosts" /etc/hosts
    mount -t tmpfs -o mode=1777 tmpfs /dev/shm            # shared memory stays within a node
    mount -t tmpfs -o mode=1777 tmpfs "$2/tmp"            # TmpFS: mpi_pmix makes a folder per step there and
                                                          # fails if another node already made the same one
    shift 2; exec "$@"
  ' sh "$host" "$DIR" "$@" </dev/null >"$DIR/log/$host.out" 2>&1 &
}
inside ctl /usr/sbin/slurmctld -D -f "$SLURM_CONF"; note slurmctld $!
for n in $(seq "$NODES"); do
  mkdir -p "$DIR/spool/node$n"
  inside "node$n" /usr/sbin/slurmd -D -N "node$n" -f "$SLURM_CONF"; note "slurmd-node$n" $!
done

# ---- wait ------------------------------------------------------------------------------------------------
end=$((SECONDS + ${START_TIMEOUT:-60})) idle=0
while [ "$SECONDS" -lt "$end" ]; do
  idle=$(timeout 5 sinfo -h -N -t idle -o %N 2>/dev/null | wc -l) || idle=0
  [ "$idle" = "$NODES" ] && break
  while read -r name pid _; do [ -d "/proc/$pid" ] || die "$name ended early"; done < "$DIR/pids"
  sleep 0.2
done
[ "$idle" = "$NODES" ] || die "nodes not idle: $(timeout 5 sinfo -N -h -o '%N=%T(%E)' 2>&1 | tr '\n' ' ')"

READY=1
echo "export SLURM_CONF='$SLURM_CONF'"
echo "export SLURM_PRIVATE_DIR='$DIR'"
echo "export SLURM_PRIVATE_PIDS='$(awk '{printf "%s%s:%s", s, $1, $2; s=" "}' "$DIR/pids")'"
# How the PMIx plugin passes a fence between nodes: with "tree" a rank of Open MPI 4.1 now and then gets a message before it is ready, and crashes in
# MPI_Init; "ring" showed no crash.
if [ -n "$PMIX_FENCE" ]; then echo "export SLURM_PMIX_FENCE='$PMIX_FENCE'"; fi
