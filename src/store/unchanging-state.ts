/** A state that is only looked at: for whoever tries what may never come into force. */
import { type State, StateError } from './state.ts'

/** Every change of `state` is refused with a StateError; beside `forgivingState` it is forgotten with the process. */
export function unchangingState(state: State): State {
  const refuse = () => {
    throw new StateError('unwritable', 'Whoever only looks changes no facts')
  }
  return {
    ...state,
    own: refuse,
    keepList: refuse,
    served: refuse,
    servedAll: refuse,
    learn: refuse,
    publish: refuse,
    accept: refuse,
    see: refuse,
    refresh: refuse,
    forget: refuse,
  }
}
