#!/usr/bin/env node
/** `npx clientele`: finds the command that is asked for, and runs it. */
import { readFileSync } from 'node:fs'
import { commandOf, helpOf, helpOfOne, readArguments } from './command.js'
import { commands } from './commands.js'
import { packageFile } from './package-file.js'

async function main(args: readonly string[]): Promise<void> {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { readonly version: string }
  const [first = '--help'] = args
  if (['--version', '-v'].includes(first)) return console.log(version)
  if (['--help', '-h', 'help'].includes(first)) return console.log(helpOf(commands, version))
  const [command, rest] = commandOf(args, commands)
  if (rest.includes('--help') || rest.includes('-h')) return console.log(helpOfOne(command))
  return command.run(readArguments(command, rest))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`clientele: ${(error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ')}`)
  process.exitCode = 1
}
