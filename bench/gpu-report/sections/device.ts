/** The device, the driver, the libraries, the settings, and what `lops doctor` finds wrong. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cudaAddon } from 'lops-mpi/cuda';
import { failure, row } from '../say.js';

const state = cudaAddon();
row({ what: 'node', value: `${process.version} ${process.platform} ${process.arch}` });
const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
row({ what: 'glibc', value: header.glibcVersionRuntime ?? 'none' });
if (state.available) {
  row({ what: 'driver', value: state.driverVersion });
  for (const { ordinal, ...device } of state.devices) {
    row({ what: `device ${ordinal}`, value: device.name });
    row({ what: `compute capability of ${ordinal}`, value: device.computeCapability.join('.') });
    row({ what: `multiprocessors of ${ordinal}`, value: device.multiprocessors });
    row({ what: `memory of ${ordinal}, bytes`, value: device.totalBytes });
    row({ what: `peak rate of ${ordinal}, bytes/s`, value: device.peakBandwidth });
    row({ what: `PCI bus of ${ordinal}`, value: device.pciBusId });
  }
  for (const [name, library] of Object.entries(state.libraries))
    row({
      what: name,
      value: library.available ? `${library.version}, ${library.file}` : `none: ${library.reason}`,
    });
} else failure(`${state.reason}: ${state.remedy}`);

/** What nvidia-smi says about the first device. */
const QUERY = ['compute_mode', 'mig.mode.current', 'persistence_mode', 'ecc.mode.current', 'power.limit'];
const smi = spawnSync('nvidia-smi', [`--query-gpu=${QUERY.join()}`, '--format=csv,noheader', '-i', '0'], {
  encoding: 'utf8',
  timeout: 5000,
});
if (smi.status === 0)
  for (const [k, value] of smi.stdout.trim().split(', ').entries())
    row({ what: `nvidia-smi ${QUERY[k]}`, value });
else row({ what: 'nvidia-smi', value: smi.error?.message ?? smi.stderr.trim() });

const lops = fileURLToPath(new URL('../../../bundle/cli/lops.js', import.meta.url));
const doctor = spawnSync(process.execPath, [lops, 'doctor'], { encoding: 'utf8', timeout: 15_000 });
process.stdout.write(doctor.stdout + doctor.stderr);
