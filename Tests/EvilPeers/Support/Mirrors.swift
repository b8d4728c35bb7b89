// An expectation that fails shows its operands field by field, and engines and channels cannot be copied for that.

@testable import Simulator

extension EvilTown: CustomReflectable { var customMirror: Mirror { Mirror(self, children: []) } }
extension EvilNode: CustomReflectable { var customMirror: Mirror { Mirror(self, children: []) } }
extension EvilLink: CustomReflectable { var customMirror: Mirror { Mirror(self, children: []) } }
extension EvilStream: CustomReflectable { var customMirror: Mirror { Mirror(self, children: []) } }
extension EvilArrival: CustomReflectable { var customMirror: Mirror { Mirror(self, children: []) } }
extension EvilPipe: CustomReflectable { var customMirror: Mirror { Mirror(self, children: []) } }
extension EvilTalk: CustomReflectable { var customMirror: Mirror { Mirror(self, children: []) } }
extension EvilThird: CustomReflectable { var customMirror: Mirror { Mirror(self, children: []) } }
extension EvilTable: CustomReflectable { var customMirror: Mirror { Mirror(self, children: []) } }
