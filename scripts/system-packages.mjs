// Debian packages: lists missing ones and installs them, as root or with a sudo that needs no
// password. Runs before npm ci and has no dependencies.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { onPath } from './build-native.mjs';

/** Runs a command to its end and returns whether it succeeded, and all of its output. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...options,
  });
  return {
    ok: result.status === 0,
    output: `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? result.error.message : ''}`,
  };
}

const lastLines = (text, n = 15) => text.trim().split('\n').slice(-n).join('\n');

/** The prefix with which commands run as root without a prompt. Undefined if that is impossible. */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  return onPath('sudo') && run('sudo', ['-n', 'true']).ok ? ['sudo', '-n'] : undefined;
}

/** Whether packages can be installed on this machine. */
export const canInstall = () => onPath('apt-get') && asRoot() !== undefined;

// biome-ignore lint/suspicious/noTemplateCurlyInString: a format of dpkg-query
const STATUS = '-f=${Status}';

/** The packages among these that are not installed. */
export const missingPackages = (packages) =>
  packages.filter((name) => !/ok installed/.test(run('dpkg-query', ['-W', STATUS, name]).output));

const POLICY = '/usr/sbin/policy-rc.d';

/**
 * Installs packages without starting their services.
 *
 * @returns the error output, or undefined
 */
export function installPackages(packages, say) {
  const prefix = asRoot();
  if (!prefix || !onPath('apt-get')) return 'packages are installed by apt-get, as root';
  say(`installing ${packages.join(' ')}`);
  const apt = (...args) => {
    const [command, ...rest] = [
      ...prefix,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      '-qq',
      ...args,
    ];
    return run(command, rest);
  };
  const forbids = process.getuid?.() === 0 && !existsSync(POLICY);
  if (forbids) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const updated = apt('update');
    const installed = apt('install', '-y', '--no-install-recommends', ...packages);
    return installed.ok
      ? undefined
      : `apt-get failed:\n${lastLines(updated.ok ? installed.output : updated.output + installed.output)}`;
  } finally {
    if (forbids) rmSync(POLICY);
  }
}
