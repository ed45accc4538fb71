/**
 * Which versions are taken. No package brings a MySQL 5.7, a MariaDB 10.5 or a PostgreSQL 13 any more, so that the
 * decision is tested by what those servers call themselves, and that it is asked first by where it stands: connections open
 * with it.
 */
import { describe, expect, test } from 'vitest'
import { isSupportedPostgres } from '../postgres.ts'
import { identifyFlavour, isSupported } from './flavour.ts'
import { mayOnlyRead } from './standing.ts'

describe('the decision over versions', () => {
  test.each([
    ['5.6.51-log', 'mysql', false],
    ['5.7.44', 'mysql', false],
    ['8.0.11', 'mysql', true],
    ['8.0.mysql_aurora.3.04.0', 'mysql', true],
    ['8.4.3-commercial', 'mysql', true],
    ['9.7.4', 'mysql', true],
    ['5.5.68-MariaDB', 'mariadb', false],
    ['10.5.29-MariaDB-ubu2004-log', 'mariadb', false],
    ['5.5.5-10.5.29-MariaDB', 'mariadb', false],
    ['5.5.5-10.6.20-MariaDB-log', 'mariadb', true],
    ['10.6.0-MariaDB', 'mariadb', true],
    ['10.11.19-MariaDB-0+deb12u1', 'mariadb', true],
    ['11.8.2-MariaDB', 'mariadb', true],
    ['nonsense', 'mysql', false],
  ])('%s', (version, name, supported) => {
    const flavour = identifyFlavour(version)
    expect(flavour.name).toBe(name)
    expect(isSupported(flavour)).toBe(supported)
  })

  test.each([
    ['90624', false],
    ['130023', false],
    ['139999', false],
    ['140000', true],
    ['180001', true],
    ['', false],
  ])('PostgreSQL %s', (number, supported) => {
    expect(isSupportedPostgres(number)).toBe(supported)
  })
})

describe('rights that only read', () => {
  test.each([
    ['GRANT USAGE ON *.* TO `mirror`@`%`', true],
    ['GRANT SELECT ON `school`.* TO `mirror`@`%`', true],
    ['GRANT SELECT (`id`, `number`), SHOW VIEW ON `school`.`student` TO `mirror`@`%`', true],
    ['GRANT REPLICATION CLIENT ON *.* TO `mirror`@`%`', true],
    ['GRANT BINLOG MONITOR, SLAVE MONITOR ON *.* TO `mirror`@`%`', true],
    ['GRANT SELECT, INSERT ON `school`.* TO `mirror`@`%`', false],
    ['GRANT ALL PRIVILEGES ON `school`.* TO `mirror`@`%`', false],
    ['GRANT SELECT ON `school`.* TO `mirror`@`%` WITH GRANT OPTION', false],
    ['GRANT REPLICATION SLAVE ON *.* TO `mirror`@`%`', false],
    ['GRANT `role`@`%` TO `mirror`@`%`', false],
  ])('%s', (grant, reads) => {
    expect(mayOnlyRead(grant)).toBe(reads)
  })
})
