namespace SmartCity.Bricks.Tests;

public sealed record Parcel(string Belt, int Number);

internal static class Parcels
{
    public static CloudEvent<Parcel> Event(string belt, int number) => new()
    {
        Id = $"{belt}-{number}",
        Source = "/belts/" + belt,
        Type = "parcel.weighed",
        Key = belt,
        Data = new Parcel(belt, number),
    };

    /// <summary>Parcels of some belts in turns, each belt's in order.</summary>
    public static IEnumerable<CloudEvent<Parcel>> Events(int belts, int each) =>
        Enumerable.Range(0, each).SelectMany(n => Enumerable.Range(0, belts).Select(b => Event($"b{b}", n)));

    public static void AreInOrder(IEnumerable<Parcel> done)
    {
        foreach (var belt in done.GroupBy(p => p.Belt))
        {
            Assert.Equal(belt.Select(p => p.Number).Order(), belt.Select(p => p.Number));
        }
    }
}

/// <summary>A function as bad as they come: it fails three times out of ten, hangs at some parcels and refuses others for good.</summary>
internal sealed class BadFunction
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(7);
    private readonly HashSet<string> _hung = [];
    private readonly List<Parcel> _done = [];

    public List<Parcel> Done
    {
        get
        {
            lock (_gate)
            {
                return [.. _done];
            }
        }
    }

    public static bool IsPoison(Parcel parcel) => parcel.Number % 50 == 13;

    private static bool Hangs(Parcel parcel) => parcel.Number % 50 == 29;

    public async ValueTask<Result> WorkAsync(CloudEvent<Parcel> e, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (IsPoison(e.Data))
        {
            return Result.Rejected("The parcel weighs less than nothing.");
        }

        bool hangs, fails;
        lock (_gate)
        {
            hangs = Hangs(e.Data) && _hung.Add(e.Id);
            fails = _random.NextDouble() < 0.3;
        }

        if (hangs)
        {
            // Without heed to the token: it must be left behind.
            await Task.Delay(TimeSpan.FromHours(1), CancellationToken.None);
        }

        if (fails)
        {
            return _random.Next(2) == 0 ? Result.Failed("The scales are busy.") : throw new InvalidOperationException("The scales are gone.");
        }

        lock (_gate)
        {
            _done.Add(e.Data);
        }

        return Result.Done;
    }
}
