using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Models;
using SmartCity.Recognition;

namespace SmartCity.Edge.Models;

internal static class ModelSlice
{
    /// <summary>The recogniser with the version that this edge runs, and the worker that follows the core's orders.</summary>
    public static IServiceCollection AddModels(this IServiceCollection services)
    {
        services.AddOptions<EdgeModelOptions>().BindConfiguration(EdgeModelOptions.Section).ValidateDataAnnotations()
            .Validate(o => KeyFault(o) is null, "Edge:Models:PublicKey or PublicKeyPath names no PEM key on the curve P-256.").ValidateOnStart();
#pragma warning disable EXTEXP0001 // The worker asks again by itself, and the fetch has a time-out of its own.
        services.AddHttpClient(ModelFetch.Client, client => client.Timeout = Timeout.InfiniteTimeSpan).RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        services.AddSingleton<ModelStore>().AddSingleton<ModelFetch>().AddSingleton<ModelBoard>();
        services.AddSingleton(provider => provider.GetRequiredService<ModelStore>().Open(
            reader => new PlateRecogniser(provider.GetRequiredService<IOptions<RecognitionOptions>>().Value, provider.GetRequiredService<ILogger<PlateRecogniser>>(), reader)));
        return services.AddHostedService<ModelWorker>();
    }

    /// <summary>The key that orders are checked with; null where none is set.</summary>
    /// <exception cref="ArgumentException">It is no such key.</exception>
    public static ModelVerifier? Verifier(EdgeModelOptions options) =>
        options.PublicKey is { Length: > 0 } pem ? ModelVerifier.Of(pem) : options.PublicKeyPath is { Length: > 0 } path ? ModelVerifier.Of(File.ReadAllText(path)) : null;

    private static string? KeyFault(EdgeModelOptions options)
    {
        try
        {
            Verifier(options)?.Dispose();
            return null;
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
