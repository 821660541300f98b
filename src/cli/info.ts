import { createCpuBackend } from '../cpu/index.js';
import { describeFile } from '../io/describe-file.js';
import { SelfCommunicator } from '../mpi/communicator/self-communicator.js';
import { formatTable } from './table.js';
import { type PictureOptions, textPicture } from './text-picture.js';

/** The lines of a picture, and the most characters in one of them. */
const HEIGHT = 20;
const WIDTH = 72;

/** The size of pictures on this terminal, and whether it has colours. */
function pictureOptions(): PictureOptions {
  const { stdout } = process;
  const width = Math.max(16, Math.min(WIDTH, (stdout.columns ?? WIDTH + 2) - 2));
  return { width, height: HEIGHT, colors: stdout.isTTY && stdout.hasColors(2 ** 24) };
}

/**
 * Describes a file for the user: kind, shape, dtype, geometry, units and a small picture.
 *
 * @param array the array of an archive that is described
 * @throws {@link ArgumentError} if the file is damaged or of an unknown kind
 */
export function fileText(path: string, array?: string, options = pictureOptions()): string {
  const { kind, facts, arrays, slice } = describeFile(path, {
    backend: createCpuBackend(),
    comm: new SelfCommunicator(),
    array,
  });
  const width = Math.max(...facts.map(([name]) => name.length)) + 2;
  const text = [
    `${path}: ${kind}`,
    arrays?.length ? formatTable(arrays.map((row) => ({ ...row }))).trimEnd() : '',
    facts.map(([name, text]) => `${name.padEnd(width)}${text}`).join('\n'),
    arrays?.length && !slice && facts.length === 0 ? '--array NAME shows one of them' : '',
    slice?.title ?? '',
  ]
    .filter((part) => part !== '')
    // names in files may hold control characters
    .map((part) => part.replace(/(?!\n)\p{Cc}/gu, '?'))
    .join('\n\n');
  return slice ? `${text}\n${textPicture(slice, options)}` : text;
}
