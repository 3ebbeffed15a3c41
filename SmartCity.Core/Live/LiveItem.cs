using System.Text.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Live;

/// <summary>An event on its way to whoever watches: put into JSON once for all, and not at all for nobody. Keepers' names are masked: they take a reason, which nobody gives here.</summary>
public sealed class LiveItem(LiveEvent liveEvent, JsonSerializerOptions json)
{
    private byte[]? _json;

    /// <summary>sighting, alert or charge.</summary>
    public string Kind => liveEvent.Alert is not null ? "alert" : liveEvent.Charge is not null ? "charge" : "sighting";

    public LiveEvent Event => liveEvent;

    // Two that come at the same time may both do the work; they come to the same.
    public byte[] Json() => _json ??= JsonSerializer.SerializeToUtf8Bytes(Masked(), json);

    private LiveEvent Masked() => liveEvent with
    {
        Sighting = liveEvent.Sighting is { } sighting ? Keepers.Masked(sighting) : null,
        Alert = liveEvent.Alert is { Vehicle: { } vehicle } alert ? alert with { Vehicle = Keepers.Masked(vehicle) } : liveEvent.Alert,
    };
}
