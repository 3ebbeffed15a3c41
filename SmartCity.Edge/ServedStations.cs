using System.Text.Json;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Models;
using SmartCity.Edge.Configuration;

namespace SmartCity.Edge;

/// <summary>
/// The stations that this process serves, the same from start to end, and their cameras, which the core may change at any time. At start the
/// cameras are those that the core named last, else those of the city file.
/// </summary>
public sealed class ServedStations
{
    private readonly string? _kept;
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSignal();

    /// <exception cref="InvalidDataException">The city file is not valid, or has no station of a configured id; or a core is to say which cameras run and no station is named.</exception>
    public ServedStations(IOptions<EdgeOptions> options, IOptions<ConfigurationOptions> core)
    {
        City = City.Load(options.Value.CityFile);
        TimeZone = City.TimeZone;
        var wanted = options.Value.Stations;
        if (core.Value.Address is null)
        {
            var unknown = wanted.Except(City.Stations.Select(s => s.Id)).ToArray();
            if (unknown.Length > 0)
            {
                throw new InvalidDataException($"Edge:Stations names {string.Join(", ", unknown)}, but the city {City.Id} has no such station. Its stations are {string.Join(", ", City.Stations.Select(s => s.Id))}.");
            }

            All = wanted.Count == 0 ? City.Stations : [.. City.Stations.Where(s => wanted.Contains(s.Id))];
            AreKnown = true;
            return;
        }

        if (wanted.Count == 0)
        {
            throw new InvalidDataException("Edge:Configuration:Address is set, but Edge:Stations names no station. Name the stations that this edge serves.");
        }

        _kept = Path.Combine(options.Value.SpoolPath, "configuration.json");
        var kept = KeptConfiguration.Read(_kept);
        TimeZone = kept?.TimeZone ?? City.TimeZone;
        var known = kept?.Stations ?? (core.Value.CityFileFirst ? City.Stations : null);
        AreKnown = known is not null;
        All = Of(wanted, known ?? []);
    }

    /// <summary>What is known of the city at start; its stations may be others by now.</summary>
    public City City { get; }

    /// <summary>IANA time zone of the city.</summary>
    public string TimeZone { get; private set; }

    /// <summary>The stations served, with the cameras that run.</summary>
    public IReadOnlyList<Station> All { get; private set; }

    /// <summary>Whether it is known which cameras to run.</summary>
    public bool AreKnown { get; private set; }

    /// <summary>Stations served that the core did not name.</summary>
    public IReadOnlyList<string> Unknown { get; private set; } = [];

    /// <summary>Which versions of models the core wants here; null until it has said so.</summary>
    internal IReadOnlyList<ModelRelease>? Models { get; private set; }

    /// <summary>Ids of cameras that somebody watches now. A new list with each change.</summary>
    public IReadOnlyList<string> Watched { get; private set; } = [];

    /// <summary>Completes at the next change of cameras.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Keeps what the core says on this disk, and takes it over when it is something else.</summary>
    internal void Take(EdgeConfiguration configuration)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            Models = configuration.Models ?? Models;
            Watched = configuration.Watched ?? [];
            var ids = All.Select(s => s.Id).ToList();
            // A core that does not know a station any more, such as one with an empty database, takes no camera away: somebody retires a station, or its cameras.
            var now = Of(ids, [.. configuration.Stations, .. AreKnown ? All : []]);
            Unknown = [.. ids.Except(configuration.Stations.Select(s => s.Id))];
            var zone = configuration.TimeZone ?? TimeZone;
            if (AreKnown && zone == TimeZone && Text(now) == Text(All))
            {
                return;
            }

            if (_kept is not null)
            {
                KeptConfiguration.Write(_kept, configuration with { Stations = now, Models = null, Watched = null }); // those that are taken have a folder of their own
            }

            (All, TimeZone) = (now, zone);
            AreKnown = true;
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }

    /// <summary>Whether two cameras are set up alike.</summary>
    internal static bool Same(Camera one, Camera other) =>
        JsonSerializer.Serialize(one, ContractsJson.Default.Camera) == JsonSerializer.Serialize(other, ContractsJson.Default.Camera);

    // A station that nobody knows yet has its broker and its spool all the same; its cameras come when the core knows them.
    private static IReadOnlyList<Station> Of(IEnumerable<string> ids, IReadOnlyList<Station> known) =>
        [.. ids.Select(id => known.FirstOrDefault(s => s.Id == id) ?? new Station { Id = id, Name = id, Latitude = 0, Longitude = 0 })];

    private static string Text(IReadOnlyList<Station> stations) => JsonSerializer.Serialize(new EdgeConfiguration { Stations = stations }, ContractsJson.Default.EdgeConfiguration);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
