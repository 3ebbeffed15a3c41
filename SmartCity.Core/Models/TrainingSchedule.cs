namespace SmartCity.Core.Models;

/// <summary>When a training begins by itself.</summary>
internal static class TrainingSchedule
{
    /// <param name="items">Items that are in no dataset yet.</param>
    /// <param name="last">When the last training began, or the first item was decided on.</param>
    /// <returns>Why one begins now, in a sentence; null if none does.</returns>
    public static string? WhyNow(ModelOptions options, int items, DateTimeOffset? last, DateTimeOffset now) =>
        items >= options.TrainAfter ? $"{items} new items have come."
        : items > 0 && last + options.TrainEvery <= now ? $"The last one began at {last:yyyy-MM-dd HH:mm} UTC, and new items have come: {items}."
        : null;
}
