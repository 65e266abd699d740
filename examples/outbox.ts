import { createClientele, definePlugin } from 'clientele'
import { clientOf, postgresStorage } from 'clientele/storage/postgres'
import { Pool } from 'pg'

const pool = new Pool({ connectionString: process.env.DATABASE_URL })
await pool.query(
  'CREATE TABLE IF NOT EXISTS outbox (id bigserial PRIMARY KEY, topic text NOT NULL, body jsonb NOT NULL)',
)

const outbox = definePlugin({
  name: 'outbox',
  hooks: {
    async 'dw.ocapi.data.customer_list.customers.afterPOST'(customer, _create, _customerListId, context) {
      await clientOf(context).query('INSERT INTO outbox (topic, body) VALUES ($1, $2)', ['customer created', customer])
    },
  },
})
const clientele = await createClientele({
  customerLists: [{ id: 'SiteGenesis' }],
  storage: postgresStorage({ pool }),
  plugins: [outbox],
})

// the customer, the address and the row of the outbox: all or none
await clientele.transaction('SiteGenesis', async ({ customers }) => {
  const { customerNo } = await customers.createCustomer({ create: { lastName: 'Lebowski' } })
  await customers.createAddress({ customerNo, create: { addressId: 'home', city: 'Los Angeles' } })
})

// any number of processes may send: a row is one process's at a time, and gone when its message was sent
const client = await pool.connect()
await client.query('BEGIN')
const { rows } = await client.query<{ topic: string; body: { customerNo: string } }>(
  `DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED)
   RETURNING topic, body`,
)
for (const { topic, body } of rows) console.log(`${topic}: ${body.customerNo}`)
await client.query('COMMIT')
client.release()

await clientele.close()
await pool.end()
