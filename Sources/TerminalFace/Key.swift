/// What a person does at the keyboard.
enum Key: Hashable, Sendable {
    /// Typed characters, never a control character.
    case text(String)
    /// Pasted text; may hold line feeds.
    case pasted(String)
    case enter
    /// Alt-Enter or Shift-Enter: a line feed inside the text.
    case lineFeed
    case escape
    case backspace, delete, deleteWord, deleteToStart, deleteToEnd
    case left, right, wordLeft, wordRight, home, end
    /// Ctrl-D.
    case endOfInput
    /// Ctrl-L.
    case redraw
    /// Ctrl-Z.
    case suspend
    /// Something that means nothing here.
    case other
}
