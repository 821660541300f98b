import { type Backend, type Communicator, resolveBackend } from 'lops-mpi';
import { LIMITS, type LimitName, type RoofName, type Work } from './case.js';
import { type Device, type DeviceCounts, deviceOf } from './device.js';
import { type Limit, LimitProcess } from './limit-process.js';
import { type PeerName, SharedLimit } from './shared-limit.js';
import { trafficOf } from './traffic.js';

export interface Measurement {
  /** Seconds of one call on the slowest rank. */
  readonly times: readonly number[];
  /** Bytes or flops a second of the C loop over all ranks. Its timings alternate with `times`. */
  readonly limitRates: readonly number[];
  /** The same of each roof of the case. */
  readonly roofRates: Partial<Readonly<Record<RoofName, readonly number[]>>>;
  /** Seconds of one call of another library. Its timings alternate with `times`. */
  readonly peer?: { readonly library: string; readonly times: readonly number[] };
  /** The bytes that the kernels of one call move, over all ranks. */
  readonly moved?: number;
  /** The measurement of the device, if kernels run on one. */
  readonly device?: DeviceMeasurement;
}

export interface DeviceMeasurement {
  readonly name: string;
  /** Seconds of one call by the clock of the slowest rank's device, one for each of `times`. */
  readonly times: readonly number[];
  /** The counts of one call on rank 0. */
  readonly counts: DeviceCounts;
  /** Bytes a second of the memories of all ranks' devices. 0 if the driver has no value. */
  readonly peakBandwidth: number;
}

/** The time of one call, which includes the wait for its kernels. */
interface Timing {
  readonly seconds: number;
  readonly onDevice: number;
}

const LEAST_REPEATS = 7;
const LEAST_SECONDS = 1;
/** The least seconds of one timing. Shorter calls are repeated within it. */
const LEAST_SAMPLE = 2e-3;
/** Seconds after which a case ends, even with fewer repeats. */
const PATIENCE = 40;
/** Seconds that JavaScript compilers need to optimise the code. */
const WARM_UP_SECONDS = 0.3;

function slowest(comm: Communicator, seconds: number): number {
  const all = Float64Array.of(seconds);
  comm.allreduce(all, 'max');
  return all[0] as number;
}

function summed(comm: Communicator, value: number): number {
  const all = Float64Array.of(value);
  comm.allreduce(all, 'sum');
  return all[0] as number;
}

function timed(run: () => void, calls: number, device: Device | undefined): Timing {
  const repeated = (): void => {
    for (let k = 0; k < calls; k++) run();
  };
  const start = performance.now();
  const onDevice = device ? device.seconds(repeated) / calls : 0;
  if (!device) repeated();
  return { seconds: (performance.now() - start) / 1000 / calls, onDevice };
}

/**
 * Warms up, and returns the number of calls within one timing that is long enough for the clock.
 */
function warmUp(comm: Communicator, run: () => void, device: Device | undefined): number {
  const one = (calls: number): number => slowest(comm, timed(run, calls, device).seconds);
  let once = one(1);
  for (let spent = once; spent < WARM_UP_SECONDS; ) {
    const calls = Math.max(1, Math.floor(0.1 * (WARM_UP_SECONDS / once)));
    once = one(calls);
    spent += calls * once;
  }
  return Math.max(1, Math.ceil(LEAST_SAMPLE / once));
}

/**
 * The programs that measure limits: the one of `native/limits.c` and the socket of the limits that
 * all ranks share.
 */
export interface LimitPrograms {
  readonly loops?: string | undefined;
  readonly shared?: string | undefined;
  /** The same case of another library, at the socket. */
  readonly peer?: PeerName | undefined;
}

/** The roofs of cases by their limits, where they are not the default ones. */
const ROOFS: Partial<Readonly<Record<LimitName, RoofName>>> = {
  dot: 'sumsq',
  sumsq: 'sumsq',
  sgemm: 'fma_f32',
  cgemm_batch: 'fma_f32',
  cgemm_batch_adj: 'fma_f32',
};

/** The roofs of a case, if its useful work is known: one, or those that its passes have. */
export function roofsOf({ passes, roof, bytes, flops, limit }: Omit<Work, 'run'>): readonly RoofName[] {
  if (passes) return ['stream', 'fma'];
  if (bytes === undefined && flops === undefined) return [];
  return [roof ?? (limit && ROOFS[limit]) ?? (bytes === undefined ? 'fma' : 'stream')];
}

async function startLimit(
  name: LimitName,
  work: Work,
  comm: Communicator,
  { loops, shared }: LimitPrograms,
): Promise<Limit | undefined> {
  const kind = LIMITS[name];
  if ('shared' in kind) return shared ? SharedLimit.connect(shared, name, comm.size) : undefined;
  const unit =
    work.passes?.elements ??
    ('bytes' in kind ? (work.bytes ?? 0) / kind.bytes : (work.flops ?? 0) / kind.flops);
  return loops ? LimitProcess.start(loops, name, Math.max(1, Math.ceil(unit / comm.size))) : undefined;
}

/** The program of another library, unless one of the ranks got none. */
async function connectPeer(
  path: string,
  name: PeerName,
  comm: Communicator,
): Promise<SharedLimit | undefined> {
  const peer = await SharedLimit.connect(path, name, comm.size).catch(() => undefined);
  if (summed(comm, peer ? 0 : 1) === 0) return peer;
  peer?.stop();
  if (comm.rank === 0) process.stderr.write(`bench: no comparison, the program ended early: ${name}\n`);
  return undefined;
}

/** A C program whose timings alternate with those of the case, and its rates. */
interface Alternating {
  readonly program: Limit;
  readonly rates: number[];
}

/** The measurement of a device. Its limit is the peak rate of its memory, not a C program. */
function measureDevice(
  device: Device,
  run: () => void,
  times: readonly number[],
  comm: Communicator,
): DeviceMeasurement {
  const { name, peakBandwidth } = device;
  return { name, times, counts: device.counts(run), peakBandwidth: summed(comm, peakBandwidth) };
}

/**
 * Times a case on all ranks. On the CPU the timings alternate with those of its C program, if there
 * is one, so that other load on the machine affects both.
 *
 * @param quick one timing of one call
 */
export async function measure(
  work: Work,
  comm: Communicator,
  programs: LimitPrograms,
  quick = false,
): Promise<Measurement> {
  const { run, limit } = work;
  const backend: Backend = resolveBackend();
  const device = deviceOf(backend);
  if (quick) run();
  const calls = quick ? 1 : warmUp(comm, run, device);
  const start = async (name: LimitName | undefined): Promise<Alternating | undefined> => {
    const program = name && !device && !quick ? await startLimit(name, work, comm, programs) : undefined;
    return program && { program, rates: [] };
  };
  const loop = await start(limit);
  const roofs: { readonly name: RoofName; readonly loop: Alternating | undefined }[] = [];
  for (const name of roofsOf(work)) roofs.push({ name, loop: await start(name) });
  const { peer: peerName, shared } = programs;
  const peer =
    peerName && shared && !device && !quick ? await connectPeer(shared, peerName, comm) : undefined;
  const peerTimes: number[] = [];
  const times: number[] = [];
  const deviceTimes: number[] = [];
  for (let spent = 0; times.length < (quick ? 1 : LEAST_REPEATS) || (!quick && spent < LEAST_SECONDS); ) {
    for (const other of [loop, ...roofs.map((roof) => roof.loop)]) {
      if (!other) continue;
      comm.barrier();
      const seconds = slowest(comm, await other.program.sample());
      other.rates.push((comm.size * other.program.work) / seconds);
      spent += seconds;
    }
    if (peer) {
      comm.barrier();
      peerTimes.push(await peer.sample());
      spent += slowest(comm, peerTimes.at(-1) as number);
    }
    comm.barrier();
    const timing = timed(run, calls, device);
    const seconds = slowest(comm, timing.seconds);
    times.push(seconds);
    deviceTimes.push(slowest(comm, timing.onDevice));
    spent += calls * seconds;
    if (spent > PATIENCE) break;
  }
  loop?.program.stop();
  for (const roof of roofs) roof.loop?.program.stop();
  peer?.stop();
  const moved = summed(comm, trafficOf(backend, run));
  return {
    times,
    limitRates: loop?.rates ?? [],
    roofRates: Object.fromEntries(roofs.map(({ name, loop }) => [name, loop?.rates ?? []])),
    ...(peer ? { peer: { library: peer.about, times: peerTimes } } : {}),
    ...(moved > 0 ? { moved } : {}),
    ...(device ? { device: measureDevice(device, run, deviceTimes, comm) } : {}),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
