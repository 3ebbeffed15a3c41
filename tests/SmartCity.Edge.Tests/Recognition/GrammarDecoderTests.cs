using CsCheck;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

public class GrammarDecoderTests
{
    [Theory]
    [InlineData("LRO3TEE", 2, 'O', '0', "LR03TEE")]
    [InlineData("LR3OTEE", 3, 'O', '0', "LR30TEE")]
    [InlineData("LRI3TEE", 2, 'I', '1', "LR13TEE")]
    [InlineData("LRB3TEE", 2, 'B', '8', "LR83TEE")]
    [InlineData("LRS3TEE", 2, 'S', '5', "LR53TEE")]
    [InlineData("LRZ3TEE", 2, 'Z', '2', "LR23TEE")]
    [InlineData("LRG3TEE", 2, 'G', '6', "LR63TEE")]
    [InlineData("0B51ABC", 0, '0', 'O', "OB51ABC")]
    [InlineData("LR33T8E", 5, '8', 'B', "LR33TBE")]
    [InlineData("5D12ABC", 0, '5', 'S', "SD12ABC")]
    public void A_look_alike_is_read_as_what_may_stand_there_where_the_pixels_allow_it(string seen, int place, char best, char second, string expected)
    {
        var read = Decoded.From(Grids.Seen(seen, place, (best, 0.6f), (second, 0.35f)), PlateAppearance.Neutral, "GB");

        Assert.Equal((expected, "gb-current"), (read!.Plate, read.Format));
    }

    [Theory]
    [InlineData("LRW3TEE")]
    [InlineData("LR3KTEE")]
    [InlineData("3R33TEE")]
    [InlineData("LR33TE9")]
    public void A_character_that_is_clear_is_never_bent_to_a_grammar(string seen)
    {
        var read = Decoded.From(Grids.Seen(seen), PlateAppearance.Neutral, "GB");

        Assert.Equal(seen, read!.Plate);
        Assert.NotEqual("gb-current", read.Format);
    }

    [Theory]
    [InlineData("RK161AG", 'T')]
    [InlineData("RK855AP", 'S')]
    [InlineData("KE202AA", 'Z')]
    public void A_visitor_seen_clearly_is_not_taken_for_a_home_plate_that_looks_alike(string seen, char homeCharacter)
    {
        var read = Decoded.From(Grids.Seen(seen), Looks.Like("SK"), "GB");

        Assert.Equal((seen, "SK"), (read!.Plate, read.Country));
        Assert.All(read.Alternatives.Where(a => a.Plate[4] == homeCharacter), a => Assert.InRange(a.Confidence, 0, 0.15));
    }

    [Fact]
    public void An_old_plate_seen_clearly_is_sure_although_a_commoner_kind_looks_alike()
    {
        var read = Decoded.From(Grids.Seen("G526JHD"), PlateAppearance.Neutral, "GB");

        Assert.Equal(("G526JHD", "gb-prefix"), (read!.Plate, read.Format));
        Assert.InRange(read.Confidence, 0.75, 1);
    }

    [Theory]
    [InlineData('O', '0')]
    [InlineData('I', '1')]
    [InlineData('B', '8')]
    public void Where_either_may_stand_the_pixels_decide(char letter, char digit)
    {
        // A6 may be a letter (DLLLDD) or a digit (DLLDDD) in the United States.
        Assert.Equal($"5KM{letter}27", Decode(0.9f, 0.05f).Plate);
        Assert.Equal($"5KM{digit}27", Decode(0.05f, 0.9f).Plate);

        Decoded Decode(float asLetter, float asDigit) =>
            Decoded.From(Grids.Seen("5KMX27", 3, (letter, asLetter), (digit, asDigit)), PlateAppearance.Neutral, "US")!;
    }

    [Theory]
    [InlineData("DUI1234")]
    [InlineData("TXI4821")]
    [InlineData("AJI3907")]
    public void A_Northern_Irish_mark_with_an_I_is_sure_at_home(string seen)
    {
        var read = Decoded.From(Grids.Seen(seen, 0.9995f), PlateAppearance.Neutral, "GB")!;

        Assert.Equal((seen, "gb-northern-ireland"), (read.Plate, read.Format));
        Assert.InRange(read.Confidence, 0.965, 1);
    }

    [Fact]
    public void A_country_whose_look_is_not_known_is_given_at_home_alone()
    {
        Assert.Equal(("YZA1234", "GR", "gr"), Decode("GR"));
        Assert.Equal(("YZA1234", null, null), Decode("DE"));

        (string, string?, string?) Decode(string home) => Decoded.From(Grids.Seen("YZA1234"), Looks.Like("other"), home) is { } read ? (read.Plate, read.Country, read.Format) : default;
    }

    [Theory]
    [InlineData("AB01CDE", "RO", 0.4f)]
    [InlineData("AB01CDE", "RO", 0.7f)]
    [InlineData("ABC123", "SE", 0.3f)]
    public void A_plate_that_home_and_another_country_give_out_is_never_sure_where_it_is_not_known_whose_it_is(string seen, string looksLike, float probability)
    {
        var (decoder, confidence) = Judged(seen, Looks.Like(looksLike, probability));

        Assert.Null(decoder.Country);
        Assert.InRange(confidence, 0.6, 0.89);
    }

    [Theory]
    [InlineData("AB01CDE", "GB", 0.9f)]
    [InlineData("AB01CDE", "GB", 0.3f)]
    [InlineData("ABC123", "SE", 0.999f)]
    [InlineData("RK161AG", "SK", 0.9f)]
    public void The_same_is_sure_where_it_is_known(string seen, string country, float probability)
    {
        var (decoder, confidence) = Judged(seen, Looks.Like(country, probability));

        Assert.Equal(country, decoder.Country);
        Assert.InRange(confidence, 0.9, 1);
    }

    [Fact]
    public void A_plate_of_no_country_is_read_as_it_stands_without_one()
    {
        var read = Decoded.From(Grids.Seen("A1B2C3D4E5"), PlateAppearance.Neutral, "GB");

        Assert.Equal(("A1B2C3D4E5", null, null), (read!.Plate, read.Country, read.Format));
    }

    [Fact]
    public void What_the_plate_looks_like_decides_between_countries_that_share_a_shape()
    {
        var grid = Grids.Seen("AB123CD");

        Assert.Equal("SK", Country(new PlateAppearance(0, 0.8f, 4.5f), "SK"));
        Assert.Equal("FR", Country(new PlateAppearance(0, 0.8f, 4.5f), "FR"));
        Assert.Equal("NL", Decoded.From(Grids.Seen("12BBGG"), Looks.Like("NL"))!.Country);
        Assert.NotEqual("NL", Decoded.From(Grids.Seen("AB12CD"), new PlateAppearance(0, 0, 2), "US")!.Country);

        string? Country(PlateAppearance look, string home) => Decoded.From(grid, look, home)!.Country;
    }

    [Fact]
    public void A_foreign_plate_that_spells_like_a_home_plate_is_not_given_the_home_country()
    {
        var read = Decoded.From(Grids.Seen("M5XSX"), Looks.Like("DE", 0.98f), "GB")!;

        Assert.Equal("M5XSX", read.Plate);
        Assert.NotEqual("GB", read.Country);
        Assert.NotEqual("gb-prefix", read.Format);
        Assert.Equal(("GB", "gb-prefix"), Decode(Looks.Like("GB", 0.98f)));

        (string?, string?) Decode(PlateAppearance look) => Decoded.From(Grids.Seen("M5XSX"), look, "GB") is { } read ? (read.Country, read.Format) : default;
    }

    [Fact]
    public void No_country_is_given_where_neither_the_shape_nor_the_picture_says_which()
    {
        var shared = Decoded.From(Grids.Seen("ABC123"), PlateAppearance.Neutral)!;

        Assert.Equal(("ABC123", null, null), (shared.Plate, shared.Country, shared.Format));
        Assert.Equal("SE", Decoded.From(Grids.Seen("ABC123"), Looks.Like("SE"))!.Country);
    }

    [Theory]
    [InlineData("SE", "ABC100")]
    [InlineData("US", "ABC1OO")]
    public void The_country_that_is_seen_decides_between_look_alikes(string country, string expected)
    {
        // O or 0: only digits may stand there in Sweden; in the United States the pixels decide.
        var read = Decoded.From(
            Grids.Of([('A', 1)], [('B', 1)], [('C', 1)], [('1', 1)], [('O', 0.55f), ('0', 0.45f)], [('O', 0.55f), ('0', 0.45f)]), Looks.Like(country, 0.98f));

        Assert.Equal(expected, read!.Plate);
    }

    [Fact]
    public void The_other_reading_is_among_the_alternatives_and_costs_confidence()
    {
        var clear = Decoded.From(Grids.Seen("LR33TEE"), PlateAppearance.Neutral, "GB")!;
        var doubtful = Decoded.From(Grids.Seen("LR33TEE", 6, ('E', 0.5f), ('F', 0.45f)), PlateAppearance.Neutral, "GB")!;

        Assert.Equal("LR33TEE", doubtful.Plate);
        Assert.True(doubtful.Confidence < clear.Confidence * 0.7, $"{doubtful.Confidence} against {clear.Confidence}");
        Assert.True(doubtful.Characters[6] < doubtful.Characters[0]);
    }

    [Fact]
    public void Any_grid_gives_a_reading_of_its_length_with_probabilities()
    {
        var place = Gen.Float[0, 1].Array[CtcFolding.Alphabet.Length].Select(p => p.Sum() is var sum && sum > 1 ? [.. p.Select(x => x / sum)] : p);
        place.Array[1, 12].Sample(places =>
        {
            var read = Decoded.From(new CharacterGrid([.. places.SelectMany(p => p)]), PlateAppearance.Neutral);
            return read is not null && read.Plate.Length == places.Length && read.Plate.All(char.IsAsciiLetterOrDigit)
                && read.Confidence is >= 0 and <= 1 && read.Characters.Count == places.Length && read.Characters.All(c => c is >= 0 and <= 1)
                && read.Alternatives.All(a => a.Plate != read.Plate && a.Confidence is >= 0 and <= 1);
        }, iter: 300);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(13)]
    public void No_plate_has_no_place_or_more_than_twelve(int places) =>
        Assert.Null(Decoded.From(Grids.Seen(new string('A', places)), PlateAppearance.Neutral));

    [Theory]
    [InlineData("AB12CD", "PT", 0.7f)]
    [InlineData("GR528V", "NL", 0.7f)]
    public void What_may_be_a_part_of_a_plate_from_home_is_never_sure_as_another_countrys(string seen, string looksLike, float probability)
    {
        var (_, confidence) = Judged(seen, Looks.Like(looksLike, probability));

        Assert.InRange(confidence, 0.6, 0.89);
    }

    private static (GrammarDecoder Decoder, double Confidence) Judged(string seen, PlateAppearance look)
    {
        var grid = Grids.Seen(seen, 0.999f);
        var rows = new float[grid.Count * CharacterGrid.Columns];
        grid.CopyTo(rows);
        var decoder = new GrammarDecoder();
        Assert.True(decoder.Run(rows, look, "GB"));
        return (decoder, Calibration.Confidence(decoder, 1, look, ReaderTraits.Shipped.Calibration));
    }
}
