import type { Command } from 'commander'
import type { Surroundings } from './run-command.ts'

/** `atrium clients …` */
export function defineClients(program: Command, surroundings: Surroundings): void {
  const clients = program.command('clients').description('let clients register themselves; list and remove those that did')
  clients
    .command('invite')
    .description('print an initial access token, with which clients of one recipient register themselves (RFC 7591)')
    .argument('<recipient>', 'the key of a brand or partner')
    .option('--channel <channel>', 'web or app', 'web')
    .option('--uses <n>', 'how many clients, 100 at most', '1')
    .option('--expires <time>', 'minutes, hours or days: 30m, 12h, 7d', '7d')
    .action(async (recipient: string, options: { channel: string; uses: string; expires: string }) =>
      (await import('./clients.ts')).inviteClients(surroundings, recipient, options),
    )
  clients
    .command('list')
    .description('the clients that registered themselves')
    .action(async () => (await import('./clients.ts')).listClients(surroundings))
  clients
    .command('remove')
    .description('remove a client that registered itself')
    .argument('<client>', 'its client_id')
    .option('--yes', 'do not ask')
    .action(async (id: string, options: { yes?: true }) => (await import('./clients.ts')).removeClient(surroundings, id, options))
}
