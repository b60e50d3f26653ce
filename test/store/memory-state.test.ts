import { memoryState } from '../../src/store/memory-state.ts'
import { describeState } from '../contracts/state-contract.ts'

describeState('the memory', memoryState)
