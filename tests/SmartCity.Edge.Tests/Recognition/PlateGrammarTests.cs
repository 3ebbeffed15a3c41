using SmartCity.Contracts.Plates;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

public class PlateGrammarTests
{
    private static readonly PlateShape[] All = [.. PlateShape.All];

    [Fact]
    public void Every_country_promised_is_in_the_data_and_every_grammar_is_held_against_known_plates()
    {
        string[] promised = ["GB", "DE", "FR", "NL", "BE", "IT", "ES", "PT", "AT", "CH", "PL", "CZ", "SK", "HU", "HR", "SI", "RO", "IE", "SE", "NO", "DK", "FI", "GR", "BG", "EE", "LV", "LT", "LU", "MT", "CY", "UA", "TR", "BR", "IN", "US"];
        Assert.Equal(promised.Order(StringComparer.Ordinal), All.Select(g => g.Country).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(KnownPlates.Valid.Select(k => k.Grammar).Order(StringComparer.Ordinal), All.Select(g => g.Id).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(KnownPlates.Valid.Select(k => k.Grammar), KnownPlates.Invalid.Select(k => k.Grammar));
        Assert.All(KnownPlates.Valid, known => Assert.All(All.Where(g => g.Id == known.Grammar), g => Assert.Equal(known.Country, g.Country)));
    }

    [Theory]
    [MemberData(nameof(KnownPlates.EachValid), MemberType = typeof(KnownPlates))]
    public void A_plate_fits_the_grammar_it_was_given_out_under(string grammar, string plate) =>
        Assert.Contains(All, g => g.Id == grammar && g.Fits(plate));

    [Theory]
    [MemberData(nameof(KnownPlates.EachInvalid), MemberType = typeof(KnownPlates))]
    public void A_plate_that_was_never_given_out_does_not_fit(string grammar, string plate) =>
        Assert.DoesNotContain(All, g => g.Id == grammar && g.Fits(plate));

    [Theory]
    [MemberData(nameof(KnownPlates.EachByCountry), MemberType = typeof(KnownPlates))]
    public void A_plate_seen_clearly_in_its_country_is_read_as_it_stands(string country, string plate)
    {
        var read = Decoded.From(Grids.Seen(plate), Looks.Like(country), country);

        Assert.Equal(plate, read!.Plate);
        Assert.Contains(All, g => g.Id == read.Format && g.Country == read.Country && g.Fits(plate));
    }
}
