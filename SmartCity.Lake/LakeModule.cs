using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Lake;
using SmartCity.Lake.City;
using SmartCity.Lake.Foreign;
using SmartCity.Lake.Relay;
using SmartCity.Lake.Sql;
using SmartCity.Lake.Tables;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Lake;

/// <summary>One SQL over Postgres and the lake, at one address.</summary>
public static class LakeModule
{
    /// <summary>Needs <c>ConnectionStrings:postgres</c> and <c>ConnectionStrings:objects</c>.</summary>
    public static IHostApplicationBuilder AddLake(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        var postgres = builder.Configuration.GetConnectionString("postgres") ?? "";
        services.AddObjectStore();
        services.AddOptions<LakeOptions>().BindConfiguration(LakeOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<LakeOptions>().PostConfigure<ILogger<LakeOptions>, IConfiguration>(static (options, logger, configuration) =>
        {
            if (options.MostDaysUnbounded is { } former && configuration[$"{LakeOptions.Section}:{nameof(LakeOptions.MostDays)}"] is null)
            {
                options.MostDays = former;
                logger.LogWarning("Lake:MostDaysUnbounded is now Lake:MostDays. It is still read, and a later release does not: give Lake:MostDays the value {Days} and take the former away.", former);
            }
        });
        services.AddSingleton(new Backend(postgres));
        services.TryAddSingleton(_ => NpgsqlDataSource.Create(postgres));
        services.TryAddSingleton<CityLake>();
        services.AddSingleton<LakeSnapshots>().AddSingleton<CityZone>().AddSingleton<HiddenPlates>().AddSingleton<KnownZones>().AddSingleton<StatementTree>().AddSingleton<CitySchema>().AddSingleton<Cancellations>().AddSingleton<ShortCut>();
        services.AddSingleton(p => new FileCache(p.GetRequiredService<CityLake>(), p.GetRequiredService<IObjectStore>(), Folder(p), Options(p).CacheBytes, p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new DuckEngines(Options(p), p.GetRequiredService<FileCache>().Folders));
        services.AddSingleton(p => new LakeRun(
            p.GetRequiredService<LakeSnapshots>(), p.GetRequiredService<FileCache>(), p.GetRequiredService<DuckEngines>(), p.GetRequiredService<CityZone>(), p.GetRequiredService<HiddenPlates>(), Options(p), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new FetchedRows(Path.Combine(Folder(p), "fetched"), Options(p).FetchedBytes));
        services.AddSingleton<ForeignLogin>().AddSingleton<ForeignStatements>().AddSingleton<ForeignServer>();
        services.AddSingleton<Readers>().AddSingleton<RelayServer>().AddSingleton<CancelPeers>();
        services.AddHostedService(p => p.GetRequiredService<RelayServer>());
        services.AddHostedService<CitySchemaWorker>();
        services.AddHostedService(p => p.GetRequiredService<CancelPeers>());
        return builder;
    }

    private static string Folder(IServiceProvider provider) =>
        Options(provider).Folder is { } given ? PrivateFolder.Make(given) : PrivateFolder.MakeInTemporary(Options(provider).FolderOrDefault);

    private static LakeOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<LakeOptions>>().Value;
}
