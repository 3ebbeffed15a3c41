using SmartCity.Web.Components.Ops;

namespace SmartCity.Web.Tests;

public class HexDumpTests
{
    [Fact]
    public void Bytes_are_shown_with_offsets_and_what_can_be_printed()
    {
        var dump = HexDump.Of([.. "{\"id\":1}"u8, 0x00, 0xFF, .. "0123456789"u8]);
        Assert.Equal(
            """
            000000  7b 22 69 64 22 3a 31 7d  00 ff 30 31 32 33 34 35  {"id":1}..012345
            000010  36 37 38 39                                       6789
            """.ReplaceLineEndings("\n"),
            dump);
    }

    [Fact]
    public void A_long_record_is_cut_and_said_to_be() =>
        Assert.EndsWith("… 904 more bytes", HexDump.Of(new byte[5000]), StringComparison.Ordinal);

    [Fact]
    public void Text_keeps_its_lines_and_marks_what_is_no_text() =>
        Assert.Equal("a\nb\uFFFD\uFFFDü", HexDump.Text([.. "a\nb"u8, 0x00, 0xFF, .. "ü"u8]));
}
