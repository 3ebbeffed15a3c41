using System.Globalization;
using SmartCity.Core.Models;

namespace SmartCity.Core.Tests.Models;

/// <summary>Day, twilight and night, against published times of sunrise, sunset and civil twilight.</summary>
public sealed class DayLightTests
{
    [Theory]
    // London, midsummer: sunset 20:21Z, civil twilight ends 21:09Z.
    [InlineData("2026-06-21T20:10Z", 51.5, -0.12, "day")]
    [InlineData("2026-06-21T20:45Z", 51.5, -0.12, "twilight")]
    [InlineData("2026-06-21T21:25Z", 51.5, -0.12, "night")]
    // London, midwinter: sunrise 08:04Z.
    [InlineData("2026-12-21T07:00Z", 51.5, -0.12, "night")]
    [InlineData("2026-12-21T07:45Z", 51.5, -0.12, "twilight")]
    [InlineData("2026-12-21T08:20Z", 51.5, -0.12, "day")]
    // Sydney and Los Angeles at the same moment.
    [InlineData("2026-03-20T00:00Z", -33.87, 151.21, "day")]
    [InlineData("2026-03-20T06:00Z", 34.05, -118.24, "night")]
    // Tromsø in summer.
    [InlineData("2026-06-21T22:45Z", 69.65, 18.96, "day")]
    public void The_suns_height_decides(string at, double latitude, double longitude, string light) =>
        Assert.Equal(light, DayLight.Of(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture), latitude, longitude));
}
