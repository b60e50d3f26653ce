import { CONNECTING } from './faults/connecting.ts'
import { meetFaults } from './run-rows.ts'

meetFaults('faults of the connection', CONNECTING)
