/**
 * How many records a list has (adapters/storage/README.md, Totals): kept by triggers, whoever writes, as a sum of small
 * rows, so that writers never wait for one another. A transaction sees the sum that fits the records it sees.
 */

/** Tables whose lists are paged as a whole; counting a million records takes longer than a page. */
const counted = ['clientele_customers', 'clientele_mappings']

/** SQL for the number of records of the list $1 in a table. */
export function totalOf(table: string): string {
  return counted.includes(table)
    ? `SELECT coalesce(sum(records), 0) AS total FROM clientele_counts WHERE list = $1 AND of = '${table}'`
    : `SELECT count(*) AS total FROM ${table} WHERE list = $1`
}

/**
 * What a change adds is a row of its own. Now and then a change folds those that nobody holds into one, which waits for
 * nobody. Only READ COMMITTED can pass by what others have folded.
 */
const keepCount = `
  CREATE FUNCTION clientele_count() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'TRUNCATE' THEN
      DELETE FROM clientele_counts WHERE of = TG_TABLE_NAME;
      RETURN NULL;
    ELSIF TG_OP = 'UPDATE' THEN
      INSERT INTO clientele_counts VALUES (OLD.list, TG_TABLE_NAME, -1), (NEW.list, TG_TABLE_NAME, 1);
      RETURN NULL;
    END IF;
    INSERT INTO clientele_counts
      SELECT list, TG_TABLE_NAME, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END FROM changed GROUP BY list;
    IF random() < 0.01 AND current_setting('transaction_isolation') = 'read committed' THEN
      WITH folded AS (
        DELETE FROM clientele_counts WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM clientele_counts WHERE of = TG_TABLE_NAME AND list IN (SELECT list FROM changed)
          FOR UPDATE SKIP LOCKED))
        RETURNING list, records)
      INSERT INTO clientele_counts SELECT list, TG_TABLE_NAME, sum(records) FROM folded GROUP BY list;
    END IF;
    RETURN NULL;
  END $$`

/** The step of the tables that begins to count. A trigger keeps writers out until all that is there is counted. */
export const countSteps: readonly string[] = [
  'CREATE TABLE clientele_counts (list text COLLATE "C" NOT NULL, of text COLLATE "C" NOT NULL, records bigint NOT NULL)',
  'CREATE INDEX clientele_counts_list ON clientele_counts (list, of)',
  keepCount,
  ...['clientele_customers', 'clientele_mappings'].flatMap((table) => [
    `CREATE TRIGGER clientele_inserted AFTER INSERT ON ${table} REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION clientele_count()`,
    `CREATE TRIGGER clientele_deleted AFTER DELETE ON ${table} REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION clientele_count()`,
    `CREATE TRIGGER clientele_moved AFTER UPDATE OF list ON ${table} FOR EACH ROW WHEN (OLD.list <> NEW.list) EXECUTE FUNCTION clientele_count()`,
    `CREATE TRIGGER clientele_emptied AFTER TRUNCATE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION clientele_count()`,
    `INSERT INTO clientele_counts SELECT list, '${table}', count(*) FROM ${table} GROUP BY list`,
  ]),
]
