using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartCity.Core.Database;

namespace SmartCity.Core.Secrets;

internal static class SecretsSlice
{
    public static IServiceCollection AddSecrets(this IServiceCollection services)
    {
        services.AddOptions<SecretsOptions>().BindConfiguration(SecretsOptions.Section).ValidateDataAnnotations()
            .Validate(o => o.Key is not null || o.KeyFile is not null, "Core:Secrets:Key is not set. Set it to 32 or more random characters, the same for every core of a database, or set Core:Secrets:KeyFile to a file that the core may make.").ValidateOnStart();
        services.AddSingleton<IDatabaseSeed, StoredSecrets>();
        return services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<SecretsOptions>>().Value;
            return CoreSecret.From(options.Key, options.KeyFile);
        });
    }
}
