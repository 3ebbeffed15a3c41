using SmartCity.Core.Sightings;

namespace SmartCity.Core.Tests.Sightings;

public sealed class SightingDaysTests
{
    private static readonly (DateTimeOffset, DateTimeOffset) Always = (DateTimeOffset.MinValue, DateTimeOffset.MaxValue);

    [Fact]
    public void The_day_that_an_id_was_made_on_is_looked_through_first()
    {
        var made = new DateTimeOffset(2026, 11, 23, 8, 15, 0, TimeSpan.Zero);
        Assert.Equal([(made.AddDays(-1), made.AddDays(1)), Always], SightingDays.Of(Guid.CreateVersion7(made)));
    }

    [Theory]
    [InlineData("9f1c1c1e-6a51-4f7e-9d55-000000000001")] // not of version 7
    [InlineData("ffffffff-ffff-7000-8000-000000000001")] // in the year 10889
    public void An_id_that_says_no_day_is_looked_for_everywhere(string id) => Assert.Equal([Always], SightingDays.Of(Guid.Parse(id)));
}
