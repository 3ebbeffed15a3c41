using SmartCity.Contracts.Api;
using SmartCity.Core.Notifications;

namespace SmartCity.Core.Tests.Notifications;

/// <summary>Who is on when, and what a message says.</summary>
public sealed class RotaTests
{
    [Theory]
    [InlineData("2026-11-30T08:00:00", true)] // a Monday
    [InlineData("2026-11-30T15:59:59", true)]
    [InlineData("2026-11-30T16:00:00", false)]
    [InlineData("2026-11-30T07:59:59", false)]
    [InlineData("2026-12-01T12:00:00", false)]
    [InlineData("2026-12-06T12:00:00", true)] // a Sunday
    public void A_shift_is_on_at_its_hours_of_its_days(string local, bool isOn) =>
        Assert.Equal(isOn, Rota.IsOn(Shift([1, 7], "08:00", "16:00"), At(local)));

    [Theory]
    [InlineData("2026-11-30T22:00:00", true)] // a Monday
    [InlineData("2026-12-01T05:59:59", true)]
    [InlineData("2026-12-01T06:00:00", false)]
    [InlineData("2026-12-01T22:00:00", false)]
    [InlineData("2026-11-30T03:00:00", false)]
    public void A_shift_over_midnight_belongs_to_the_day_on_which_it_begins(string local, bool isOn) =>
        Assert.Equal(isOn, Rota.IsOn(Shift([1], "22:00", "06:00"), At(local)));

    [Theory]
    [InlineData("2026-11-30T00:00:00", true)]
    [InlineData("2026-11-30T23:59:59", true)]
    [InlineData("2026-12-01T00:00:00", false)]
    public void A_shift_that_ends_when_it_begins_lasts_a_day(string local, bool isOn) =>
        Assert.Equal(isOn, Rota.IsOn(Shift([1], "00:00", "00:00"), At(local)));

    [Fact]
    public void Neither_the_subject_nor_a_message_names_a_plate_or_a_reason_unless_that_is_set()
    {
        var alert = new ToldAlert(Guid.Empty, 1, "LR33TEE", "taken from <Mr & Mrs> Smith", "Angel", "a1-n1", default, At("2026-11-30T08:00:00"), false);
        var masked = new NotificationText(2, [alert], false, new Uri("https://city.example.org"));
        var open = new NotificationText(1, [alert], true, null);

        Assert.Equal("Alert of priority 1: Angel, not acknowledged", masked.Subject);
        Assert.DoesNotContain("LR33TEE", masked.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Smith", masked.Text, StringComparison.Ordinal);
        Assert.Contains($"https://city.example.org/alerts/{Guid.Empty}", masked.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("LR33TEE", System.Text.Encoding.UTF8.GetString(masked.Json), StringComparison.Ordinal);
        Assert.DoesNotContain("LR33TEE", open.Subject, StringComparison.Ordinal);
        Assert.Contains("LR33TEE at Angel", open.Text, StringComparison.Ordinal);
        Assert.Contains("&lt;Mr &amp; Mrs&gt;", System.Text.Json.JsonDocument.Parse(open.Slack).RootElement.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("AdaptiveCard", System.Text.Json.JsonDocument.Parse(open.Teams).RootElement.GetProperty("attachments")[0].GetProperty("content").GetProperty("type").GetString());
    }

    private static ShiftView Shift(int[] days, string begins, string ends) => new(Guid.Empty, Guid.Empty, 1, days, TimeOnly.Parse(begins, System.Globalization.CultureInfo.InvariantCulture), TimeOnly.Parse(ends, System.Globalization.CultureInfo.InvariantCulture));

    private static DateTime At(string local) => DateTime.Parse(local, System.Globalization.CultureInfo.InvariantCulture);
}
