using System.Text.Json;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Tests.Charges;

/// <summary>The preview against cases whose amounts were worked out by hand from the schemes' public pages.</summary>
public class ChargePreviewTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Charges", "preview-cases.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            data.Add(document.RootElement.GetProperty("input").GetProperty("case").GetString()!, line);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Charges_are_right_to_the_penny(string name, string line)
    {
        using var expected = JsonDocument.Parse(line);
        var (answer, isError) = ChargePreview.Answer(expected.RootElement.GetProperty("input").GetRawText());
        var json = answer.ToJsonString(ChargePreview.Json);
        Assert.False(isError, json);
        using var actual = JsonDocument.Parse(json);
        Assert.Equal(name, actual.RootElement.GetProperty("case").GetString());
        Assert.Equal(
            expected.RootElement.GetProperty("charges").EnumerateArray().Select(c => $"{c.GetProperty("scheme")} {c.GetProperty("day")} {c.GetProperty("amount").GetString()}"),
            actual.RootElement.GetProperty("charges").EnumerateArray().Select(c => $"{c.GetProperty("scheme")} {c.GetProperty("day")} {c.GetProperty("amount").GetRawText()}"));
        Assert.Equal(
            expected.RootElement.GetProperty("review").EnumerateArray().Select(c => $"{c.GetProperty("scheme")} {c.GetProperty("day")}"),
            actual.RootElement.GetProperty("review").EnumerateArray().Select(c => $"{c.GetProperty("scheme")} {c.GetProperty("day")}"));
    }

    [Fact]
    public void Every_scheme_entered_is_charged_reviewed_or_explained()
    {
        foreach (var row in Cases())
        {
            using var expected = JsonDocument.Parse(row.Data.Item2);
            var input = expected.RootElement.GetProperty("input");
            var entered = input.GetProperty("passages").EnumerateArray().SelectMany(p => p.GetProperty("zones").EnumerateArray().Select(z => z.GetString())).Distinct().Order();
            var (answer, _) = ChargePreview.Answer(input.GetRawText());
            var said = ((string[])["charges", "review", "notCharged"]).SelectMany(kind => answer[kind]!.AsArray()).ToArray();
            Assert.Equal(entered, said.Select(s => s!["scheme"]!.GetValue<string>()).Distinct().Order());
            Assert.All(said, s => Assert.NotEmpty(s!["why"]!.GetValue<string>()));
        }
    }

    [Theory]
    [InlineData("""{"case":"x","vehicle":{"plate":"\uD800","class":"car","fuel":"petrol"},"passages":[]}""", "vehicle.plate")]
    [InlineData("""{"case":"x","vehicle":{"plate":"A","class":"\uD800","fuel":"petrol"},"passages":[]}""", "vehicle.class")]
    [InlineData("""{"case":"x","vehicle":{"plate":"A","class":"car","fuel":"\uDC00"},"passages":[]}""", "vehicle.fuel")]
    [InlineData("""{"case":"x","vehicle":{"plate":"A","class":"car","fuel":"petrol","firstRegistered":"\uD800"},"passages":[]}""", "vehicle.firstRegistered")]
    [InlineData("""{"case":"x","vehicle":{"plate":"A","class":"car","fuel":"petrol"},"passages":[{"at":"\uD800","zones":[]}]}""", "passages[0].at")]
    [InlineData("""{"case":"x","vehicle":{"plate":"A","class":"car","fuel":"petrol"},"passages":[{"at":"2026-11-23T08:15:00Z","zones":["\uD800"]}]}""", "passages[0].zones[0]")]
    [InlineData("""{"case":"x","vehicle":{"plate":"A","class":"car","fuel":"petrol"},"passages":[{"at":"0001-01-01T00:00:00Z","zones":["ulez"]}]}""", "passages[0].at")]
    [InlineData("""{"case":"x","vehicle":{"plate":"A","class":"car","fuel":"petrol"},"passages":[{"at":"9999-12-31T23:59:59Z","zones":["congestion"]}]}""", "passages[0].at")]
    [InlineData("""{"case":"x","\uD800":1,"vehicle":{"\uD800":1,"plate":"A","class":"car","fuel":"petrol"},"passages":[]}""", "half a character")]
    [InlineData("""{"case":"\uD800","vehicle":{"plate":"A","class":"car","fuel":"petrol"},"passages":[]}""", "case")]
    public void A_line_with_half_a_character_or_a_time_that_nobody_saw_is_answered_and_the_rest_goes_on(string line, string named)
    {
        var (answer, isError) = ChargePreview.Answer(line);

        Assert.True(isError, answer.ToJsonString(ChargePreview.Json));
        Assert.Contains(named, answer["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"Euro\":6", "vehicle.Euro is not known")]
    [InlineData("\"taxclass\":\"historic\"", "vehicle.taxclass is not known")]
    [InlineData("\"euro\":5,\"euro\":6", "vehicle.euro is given twice")]
    [InlineData("\"changes\":[{\"from\":\"2026-01-01\",\"discounts\":[]}]", "vehicle.changes[0].discounts is not known")]
    [InlineData("\"discounts\":[{\"discount\":\"resident\",\"until\":\"2026-01-01\"}]", "vehicle.discounts[0].until is not known")]
    [InlineData("\"grossKg\":2000,\"unladenKg\":2001", "vehicle.unladenKg is 2001")]
    [InlineData("\"grossKg\":3000,\"changes\":[{\"from\":\"2026-01-01\",\"unladenKg\":3001}]", "vehicle.changes[0].unladenKg is 3001")]
    [InlineData("\"grossKg\":3500.5", "vehicle.grossKg is 3500.5")]
    public void A_field_that_would_be_left_out_in_silence_or_cannot_be_is_named(string field, string says)
    {
        var (answer, isError) = ChargePreview.Answer($$"""{"case":"x","vehicle":{"plate":"A","class":"car","fuel":"diesel",{{field}}},"passages":[]}""");

        Assert.True(isError, answer.ToJsonString(ChargePreview.Json));
        Assert.Contains(says, answer["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("04/03/2026 08:15 +00:00")]
    [InlineData("2026-11-23")]
    [InlineData("2026-11-23T08:15:00")]
    [InlineData("2026-11-23 8:15 +00:00")]
    [InlineData("Monday, 23 November 2026 08:15:00Z")]
    public void A_time_in_another_form_than_ISO_with_an_offset_is_refused(string at)
    {
        var (answer, isError) = ChargePreview.Answer($$"""{"case":"x","vehicle":{"plate":"A","class":"car","fuel":"diesel"},"passages":[{"at":"{{at}}","zones":["ulez"]}]}""");

        Assert.True(isError, answer.ToJsonString(ChargePreview.Json));
        Assert.Contains("passages[0].at", answer["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-23T08:15:00Z")]
    [InlineData("2026-11-23T08:15Z")]
    [InlineData("2026-11-23 08:15:00.123+00:00")]
    [InlineData("2026-11-23T09:15:00+0100")]
    public void A_byte_order_mark_whole_numbers_with_a_point_and_other_forms_of_ISO_times_are_read(string at)
    {
        var (answer, isError) = ChargePreview.Answer("\uFEFF" + $$"""{"case":"x","vehicle":{"plate":"A","class":"van","fuel":"diesel","euro":5,"grossKg":3500.0},"passages":[{"at":"{{at}}","zones":["ulez"]}]}""");

        Assert.False(isError, answer.ToJsonString(ChargePreview.Json));
        Assert.Equal("2026-11-23", answer["charges"]![0]!["day"]!.GetValue<string>());
    }

    [Fact]
    public void A_charge_of_a_heavy_vehicle_by_presumption_says_so_and_what_lifts_it()
    {
        var (answer, _) = ChargePreview.Answer("""{"case":"x","vehicle":{"plate":"A","class":"hgv","fuel":"diesel","firstRegistered":"2010-05-01"},"passages":[{"at":"2026-11-23T08:15:00Z","zones":["lez"]}]}""");
        var why = answer["charges"]![0]!["why"]!.GetValue<string>();
        Assert.Contains("less than Euro VI is assumed", why, StringComparison.Ordinal);
        Assert.Contains("certificate of conformity", why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_charge_by_presumption_says_what_lifts_it()
    {
        var (answer, _) = ChargePreview.Answer("""{"case":"x","vehicle":{"plate":"A","class":"car","fuel":"petrol","firstRegistered":"2003-05-01"},"passages":[{"at":"2026-11-23T08:15:00Z","zones":["ulez"]}]}""");
        var why = answer["charges"]![0]!["why"]!.GetValue<string>();
        Assert.Contains("less than Euro 4 is assumed", why, StringComparison.Ordinal);
        Assert.Contains("certificate of conformity", why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_that_weight_decided_is_explained()
    {
        var (answer, _) = ChargePreview.Answer("""{"case":"x","vehicle":{"plate":"A","class":"van","fuel":"diesel","euro":5,"grossKg":5000},"passages":[{"at":"2026-11-23T08:15:00Z","zones":["ulez","lez"]}]}""");
        Assert.All(new[] { answer["charges"]![0]!, answer["notCharged"]![0]! }, a => Assert.EndsWith("It is a van of 5,000 kg gross, more than 3,500 kg, and so counts as an hgv.", a["why"]!.GetValue<string>(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{\"case\":\"x\"", "not valid JSON")]
    [InlineData("[]", "the line must be an object")]
    [InlineData("{\"case\":\"x\",\"passages\":[]}", "vehicle is missing")]
    [InlineData("{\"case\":\"x\",\"vehicle\":{\"plate\":\"A\",\"class\":\"boat\",\"fuel\":\"diesel\"},\"passages\":[]}", "vehicle.class is 'boat'")]
    [InlineData("{\"case\":\"x\",\"vehicle\":{\"plate\":\"A\",\"class\":\"car\"},\"passages\":[]}", "vehicle.fuel is missing")]
    [InlineData("{\"case\":\"x\",\"vehicle\":{\"plate\":\"A\",\"class\":\"car\",\"fuel\":\"diesel\",\"euro\":7},\"passages\":[]}", "vehicle.euro is 7")]
    [InlineData("{\"case\":\"x\",\"vehicle\":{\"plate\":\"A\",\"class\":\"car\",\"fuel\":\"diesel\",\"unladenKg\":-1},\"passages\":[]}", "vehicle.unladenKg is -1")]
    [InlineData("{\"case\":\"x\",\"vehicle\":{\"plate\":\"A\",\"class\":\"car\",\"fuel\":\"diesel\",\"firstRegistered\":\"2012-13-01\"},\"passages\":[]}", "vehicle.firstRegistered")]
    [InlineData("{\"case\":\"x\",\"vehicle\":{\"plate\":\"A\",\"class\":\"car\",\"fuel\":\"diesel\",\"discounts\":[\"free\"]},\"passages\":[]}", "vehicle.discounts[0]")]
    [InlineData("{\"case\":\"x\",\"vehicle\":{\"plate\":\"A\",\"class\":\"car\",\"fuel\":\"diesel\"},\"passages\":[{\"at\":\"2026-11-23T08:15:00\",\"zones\":[]}]}", "passages[0].at")]
    [InlineData("{\"case\":\"x\",\"vehicle\":{\"plate\":\"A\",\"class\":\"car\",\"fuel\":\"diesel\"},\"passages\":[{\"at\":\"2026-11-23T08:15:00Z\",\"zones\":[\"moon\"]}]}", "passages[0].zones[0]")]
    public void A_bad_line_names_the_field(string line, string says)
    {
        var (answer, isError) = ChargePreview.Answer(line);
        Assert.True(isError);
        Assert.Contains(says, answer["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bank_holidays_that_fall_on_a_weekend_have_their_substitute()
    {
        var holidays = Tariff.London.BankHolidays;
        foreach (var year in Enumerable.Range(2019, 14))
        {
            Assert.DoesNotContain(holidays, d => d.Year == year && d.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday && d.Year == year);
            Assert.True(holidays.Count(d => d.Year == year) >= 8, $"{year} has eight bank holidays or more");
            Assert.Contains(holidays, d => d.Year == year && d.Month == 1 && d.Day <= 3);
            Assert.Equal(2, holidays.Count(d => d.Year == year && d.Month == 12));
        }
    }
}
