import type { Command, Option } from 'commander';

/** The shells for which there is a completion. */
export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

/** A flag of a command. */
interface Flag {
  readonly names: readonly string[];
  readonly description: string;
  readonly hasValue: boolean;
  readonly choices: readonly string[];
}

/** A command, as far as a shell completes it. */
interface Completed {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  /** The words that its first argument may be. Without them it is a file. */
  readonly words: readonly string[];
}

const flagOf = ({ short, long, description, argChoices, flags }: Option): Flag => ({
  names: [short, long].filter((name) => name !== undefined),
  description,
  hasValue: /[<[]/.test(flags),
  choices: argChoices ?? [],
});

const HELP: Flag = { names: ['-h', '--help'], description: 'print the help', hasValue: false, choices: [] };

/** A text in single quotes of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(commands: readonly Completed[]): string {
  const choices = commands.flatMap(({ name, flags }) =>
    flags.flatMap(({ names, choices: list }) =>
      list.length === 0
        ? []
        : [
            `    ${names.map((flag) => quoted(`${name} ${flag}`)).join(' | ')}) ` +
              `COMPREPLY=($(compgen -W ${quoted(list.join(' '))} -- "$word")); return ;;`,
          ],
    ),
  );
  const valued = commands.flatMap(({ name, flags }) =>
    flags.flatMap((flag) =>
      flag.hasValue && flag.choices.length === 0 ? flag.names.map((one) => quoted(`${name} ${one}`)) : [],
    ),
  );
  const cases = commands.map(
    ({ name, flags, words }) =>
      `    ${name}) flags=${quoted(flags.flatMap(({ names }) => names).join(' '))} ` +
      `words=${quoted(words.join(' '))} ;;`,
  );
  const names = quoted(`${commands.map(({ name }) => name).join(' ')} --help --version`);
  return `# Completion of lops for bash: source <(lops completion bash)
_lops() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" flags='' words=''
  local command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${names} -- "$word"))
    return
  fi
  case "$command $before" in
${choices.join('\n')}
    ${valued.join(' | ')}) return ;;
  esac
  case "$command" in
${cases.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
  esac
}
complete -o default -F _lops lops
`;
}

/** A text in the specifications of zsh's functions, where brackets and colons have a meaning. */
const specified = (text: string): string => text.replace(/[\\[\]:]/g, '\\$&');

function zsh(commands: readonly Completed[]): string {
  const list = commands.map(({ name, description }) => `    ${quoted(`${name}:${specified(description)}`)}`);
  const flagSpec = ({ names, description, hasValue, choices }: Flag): string[] => {
    const value = hasValue ? `:value:${choices.length > 0 ? `(${choices.join(' ')})` : '_files'}` : '';
    return names.map((name) => quoted(`(${names.join(' ')})${name}[${specified(description)}]${value}`));
  };
  const cases = commands.map(({ name, flags, words }) => {
    const first = words.length > 0 ? [quoted(`1:argument:(${words.join(' ')})`)] : [];
    const specs = [...flags.flatMap(flagSpec), ...first, quoted('*:file:_files')];
    return `    ${name})\n      _arguments \\\n        ${specs.join(' \\\n        ')} ;;`;
  });
  return `#compdef lops
# Completion of lops for zsh: source <(lops completion zsh)
_lops() {
  local -a commands
  commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case "$words[1]" in
${cases.join('\n')}
  esac
}
compdef _lops lops
`;
}

/**
 * The script by which a shell completes the commands and flags of a program.
 *
 * @param words the words that the first argument of a command may be
 */
export function completionScript(
  shell: Shell,
  program: Command,
  words: Readonly<Record<string, readonly string[]>>,
): string {
  const commands = program.commands.map(
    (command): Completed => ({
      name: command.name(),
      description: command.description(),
      flags: [...command.options.map(flagOf), HELP],
      words: words[command.name()] ?? [],
    }),
  );
  return shell === 'bash' ? bash(commands) : zsh(commands);
}
