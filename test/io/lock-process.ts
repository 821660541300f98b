// Holds the lock of a folder: lock-process.js FOLDER [milliseconds to hold it]. It prints 'held'
// when it has the lock, or the error.
import { lockFolder, unlockFolder } from '../../src/io/checkpoint/parts/folder-lock.js';

const [folder = '', time = '60000'] = process.argv.slice(2);
try {
  const lock = lockFolder(folder, process, 1000);
  process.stdout.write('held\n');
  setTimeout(() => unlockFolder(lock, process), Number(time));
} catch (error) {
  process.stdout.write(`${String(error)}\n`);
}
