using System.Text;
using System.Text.Json;
using SmartCity.Contracts;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Tests.Sightings;

public class SightingParserTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_example_of_the_wire_format_is_read()
    {
        var (sighting, reason) = Parse(Json());

        Assert.Null(reason);
        Assert.Equal("LR33TEE", sighting!.Plate);
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 8, 15, 30, 120, TimeSpan.Zero), sighting.CapturedAt);
    }

    [Fact]
    public void Fields_that_are_not_known_do_no_harm() => Assert.Null(Parse(Json().Replace("\"frames\":9", "\"frames\":9,\"weather\":{\"rain\":true}", StringComparison.Ordinal)).Reason);

    [Theory]
    [InlineData("\"LR33TEE\"", "\"lr33 tee\"", "plate")]
    [InlineData("\"LR33TEE\"", "\"ABCDEFGHIJKLMN\"", "plate")]
    [InlineData("\"confidence\":0.97", "\"confidence\":1.7", "confidence")]
    [InlineData("\"confidence\":0.97", "\"confidence\":1e999", "confidence")]
    [InlineData("\"characters\":[0.9]", "\"characters\":null", "characters")]
    [InlineData("\"alternatives\":[]", "\"alternatives\":[null]", "alternatives")]
    [InlineData("\"a1-n1\"", "\"a1\\u0000n1\"", "cameraId")]
    [InlineData("\"london-a1\"", "\"\"", "stationId")]
    [InlineData("\"london-a1\"", "\"a/../b\"", "stationId")]
    [InlineData("\"london-a1\"", "\".a\"", "stationId")]
    [InlineData("\"london-a1\"", "\"a\\\\b\"", "stationId")]
    [InlineData("\"box\":[1,2,3,4]", "\"box\":[1,2]", "box")]
    [InlineData("2026-11-23T08:15:30.120Z", "2026-11-25T08:15:30.120Z", "future")]
    [InlineData("2026-11-23T08:15:30.120Z", "1970-01-01T00:00:00Z", "past")]
    [InlineData("2026-11-23T08:15:30.120Z", "yesterday", "capturedAt")]
    [InlineData("2026-11-23T08:15:30.120Z", "2026-11-23T08:15:30.120", "has no offset")]
    [InlineData("01930000-0000-7000-8000-000000000001", "not-a-guid", "id")]
    [InlineData("\"frames\":9", "\"frames\":99999999999", "frames")]
    [InlineData("\"frames\":9}", "\"frames\":9", "Not a sighting")]
    public void What_is_wrong_is_named(string part, string replacement, string names)
    {
        var json = Json();
        Assert.Contains(part, json, StringComparison.Ordinal);

        var (sighting, reason) = Parse(json.Replace(part, replacement, StringComparison.Ordinal));

        Assert.Null(sighting);
        Assert.Contains(names, reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"\\ud800\"")]
    public void What_is_no_sighting_at_all_is_refused(string value) => Assert.NotNull(Parse(value).Reason);

    [Fact]
    public void Another_schema_is_refused_by_name() =>
        Assert.Contains("sighting/9", SightingParser.Parse(Encoding.UTF8.GetBytes(Json()), "sighting/9", Now, new SightingOptions()).Reason, StringComparison.Ordinal);

    [Fact]
    public void Times_are_kept_as_precisely_as_the_database_keeps_them()
    {
        var (sighting, _) = Parse(Json().Replace("30.120Z", "30.1234567Z", StringComparison.Ordinal));

        Assert.Equal(0, sighting!.CapturedAt.Ticks % TimeSpan.TicksPerMicrosecond);
    }

    private static (Sighting? Sighting, string? Reason) Parse(string json) =>
        SightingParser.Parse(Encoding.UTF8.GetBytes(json), RecordHeaders.SightingSchema, Now, new SightingOptions());

    private static string Json() =>
        """{"id":"01930000-0000-7000-8000-000000000001","capturedAt":"2026-11-23T08:15:30.120Z","stationId":"london-a1","cameraId":"a1-n1","lane":2,"plate":"LR33TEE","confidence":0.97,"characters":[0.9],"alternatives":[],"box":[1,2,3,4],"speedKmh":null,"frames":9}""";
}
