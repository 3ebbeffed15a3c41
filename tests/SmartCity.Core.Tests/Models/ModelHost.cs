using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Edge.Tests.Models;

namespace SmartCity.Core.Tests.Models;

/// <summary>A core that has a signing key and looks after its models all the time.</summary>
public sealed class ModelHost(PostgresServer server) : IAsyncLifetime
{
    internal TestModels Keys { get; } = new();

    public CoreHost Core { get; } = new(server);

    public async ValueTask InitializeAsync()
    {
        Core.Settings = new Dictionary<string, string?>
        {
            ["Core:Models:SigningKey"] = Keys.PrivateKeyPem,
            ["Core:Models:Interval"] = "00:00:00.100",
            ["Core:Models:RingTime"] = "00:00:00",
            ["Core:Models:RingReads"] = "10",
            ["Core:Models:Gates:LeastHoldOut"] = "1",
            ["Core:Models:Training:Where"] = "Nowhere",
            ["Core:Review:AuditSampleShare"] = "1",
            ["Core:Packages:MostItems"] = "10",
            ["Core:Packages:MostMegabytes"] = "1",
        };
        await Core.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Core.DisposeAsync();
        Keys.Dispose();
    }
}
