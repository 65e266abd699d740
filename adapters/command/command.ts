/** What every command of `npx clientele` has: its form, its help, and how its arguments are read. */
import { parseArgs } from 'node:util'
import { nearest } from '../../core/model/setup-error.js'

/** An option of a command: `--port 3000`, or a switch, which takes no value. */
export interface Option {
  /** Stands for the value in the help; absent: a switch. */
  readonly value?: string
  readonly means: string
}

/** What was asked for. */
export interface Given {
  /** Arguments that are no options, in their order. */
  readonly names: readonly string[]
  /** Values of each option that is there, in their order; a switch has the value ''. */
  readonly options: ReadonlyMap<string, readonly string[]>
}

/** A command. */
export interface Command {
  /** As it is typed: `init hook`. */
  readonly name: string
  /** What follows the name: `<folder>…`; absent: nothing may. */
  readonly names?: string
  /** Half a line for the list of commands. */
  readonly about: string
  /** More lines for its own help. */
  readonly more?: string
  readonly options: Readonly<Record<string, Option>>
  /** Does it. What it throws is one line on stderr and exit code 1. */
  run(given: Given): Promise<void>
}

/** The command line cannot be understood; its message is one line that says what would be. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command that arguments begin with, and the arguments that follow its name. Throws a UsageError with the nearest one. */
export function commandOf(
  args: readonly string[],
  commands: readonly Command[],
): readonly [command: Command, rest: readonly string[]] {
  const found = commands.find(({ name }) => args.slice(0, name.split(' ').length).join(' ') === name)
  if (found) return [found, args.slice(found.name.split(' ').length)]
  const names = commands.map(({ name }) => name)
  const group = names.filter((name) => name.startsWith(`${args[0]} `))
  if (group.length > 0 && args[1] === undefined) throw new UsageError(`there is ${group.join(' and ')}`)
  const asked = args.slice(0, group.length > 0 ? 2 : 1).join(' ')
  throw new UsageError(
    `there is no command '${asked}'; did you mean '${nearest(asked, group.length > 0 ? group : names)}'?`,
  )
}

/** Reads the arguments of a command. Throws a UsageError for an option that it has not, with the nearest one. */
export function readArguments(command: Command, args: readonly string[]): Given {
  const known: Readonly<Record<string, Option>> = command.options
  const types = Object.entries(known).map(
    ([name, { value }]) => [name, { type: value ? 'string' : 'boolean' }] as const,
  )
  const { tokens, positionals: names } = parseArgs({
    args: [...args],
    options: Object.fromEntries(types),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const options = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    const option = Object.hasOwn(known, name) ? known[name] : undefined
    if (!option) {
      const hint = Object.keys(known).length > 0 ? `; did you mean '--${nearest(name, Object.keys(known))}'?` : ''
      throw new UsageError(`${command.name} has no option '${rawName}'${hint}`)
    }
    if (option.value && (!value || (value.startsWith('-') && !inlineValue)))
      throw new UsageError(`${rawName} needs a value: ${rawName} ${option.value}`)
    if (!option.value && value !== undefined) throw new UsageError(`${rawName} takes no value`)
    options.set(name, [...(options.get(name) ?? []), value ?? ''])
  }
  if (!command.names && names.length > 0)
    throw new UsageError(`${command.name} takes no argument, but '${names[0]}' was given`)
  return { names, options }
}

/** The last value of an option. */
export const lastOf = ({ options }: Given, name: string): string | undefined => options.get(name)?.at(-1)

/** Lines of two columns. */
const columns = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}

const typed = ({ name, names }: Command): string => (names ? `${name} ${names}` : name)

/** The help of all commands. */
export function helpOf(commands: readonly Command[], version: string): string {
  return `clientele ${version}: customer master data, served as OCAPI and YaaS

Usage: npx clientele <command> [options]

${columns(commands.map((command) => [typed(command), command.about]))}

  --help of a command tells its options; --version prints the version.`
}

/** The help of one command. */
export function helpOfOne(command: Command): string {
  const rows = Object.entries(command.options).map(
    ([name, { value, means }]) => [value ? `--${name} ${value}` : `--${name}`, means] as const,
  )
  const usage = `Usage: npx clientele ${typed(command)}${rows.length > 0 ? ' [options]' : ''}`
  return [
    usage,
    `  ${command.about}`,
    ...(rows.length > 0 ? [columns(rows)] : []),
    ...(command.more ? [command.more] : []),
  ].join('\n\n')
}
