using Microsoft.Extensions.Hosting;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Secrets;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Audit;

/// <summary>Follows the chain once at a time: years of lines are read and hashed for it, and whoever asks meanwhile waits for the same answer.</summary>
internal sealed class AuditChecks(NpgsqlDataSource dataSource, CoreSecret secret, IObjectStore objects, IHostApplicationLifetime lifetime)
{
    private readonly Lock _lock = new();
    private Task<AuditVerdict>? _running;

    public Task<AuditVerdict> RunAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Nobody's leaving ends what others wait for.
            _running = _running is { IsCompleted: false } running ? running : Task.Run(() => AuditChain.CheckAsync(dataSource, secret, objects, lifetime.ApplicationStopping), CancellationToken.None);
            return _running.WaitAsync(cancellationToken);
        }
    }
}
