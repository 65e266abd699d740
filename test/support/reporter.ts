/** Mocha's spec reporter, ending with the one line that CI reads: `N passed, N failed`. */
import Mocha from 'mocha'

/** Default export, because mocha loads a reporter file by its default. */
export default class Reporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue()
    Mocha.reporters.Base.consoleLog(`${this.stats.passes} passed, ${this.stats.failures} failed`)
  }
}
