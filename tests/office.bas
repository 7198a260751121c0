' Fills a form in as a person does in LibreOffice, and saves it. office.py sets the words in braces.
' ANSWERS: one line for each answer: its bookmark or defined name, a tab, and the text.
Sub Fill
    Dim options(0) As New com.sun.star.beans.PropertyValue
    options(0).Name = "Hidden"
    options(0).Value = True
    form = StarDesktop.loadComponentFromURL("{FORM}", "_blank", 0, options())
    number = FreeFile
    Open "{ANSWERS}" For Input As number
    Do While Not EOF(number)
        Line Input #number, text
        pair = Split(text, Chr(9))
        If form.supportsService("com.sun.star.text.TextDocument") Then
            Write_text(form, pair(0), pair(1))
        Else
            form.NamedRanges.getByName(pair(0)).ReferredCells.getCellByPosition(0, 0).setFormula(pair(1))
        End If
    Loop
    Close number
    Dim how(0) As New com.sun.star.beans.PropertyValue
    how(0).Name = "FilterName"
    how(0).Value = "{FILTER}"
    form.storeToURL("{FILLED}", how())
    form.close(True)
    StarDesktop.terminate()
End Sub

' What stands after the bookmark in its cell is the answer, or the words that ask for one.
Sub Write_text(form, name, answer)
    If Not form.Bookmarks.hasByName(name) Then Exit Sub
    place = form.Bookmarks.getByName(name).Anchor
    place.String = answer
End Sub
