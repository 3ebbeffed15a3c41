using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SmartCity.Edge.Configuration;
using SmartCity.Faces;

namespace SmartCity.Edge.Faces;

internal static class FaceSlice
{
    private const int MostBytes = 64 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The blurring of bystanders, and what looks for people on a watch-list when the core orders it.</summary>
    public static IServiceCollection AddFaces(this IServiceCollection services)
    {
        services.AddOptions<EvidenceOptions>().BindConfiguration(EvidenceOptions.Section).ValidateDataAnnotations()
            .Validate<IOptions<ConfigurationOptions>>((o, core) => o.FramesAround == 0 || core.Value.Address is not null, "Edge:Evidence:FramesAround is above 0, but Edge:Configuration:Address is not set. The core keeps the SHA-256 of these frames, so set its address, or set Edge:Evidence:FramesAround to 0.")
            .ValidateOnStart();
        services.AddOptions<FaceOptions>().BindConfiguration(FaceOptions.Section).ValidateDataAnnotations()
            .Validate(o => !o.Enabled || DescriptorCard.Names.Contains(o.Descriptor), $"Edge:Faces:Descriptor must be one of {string.Join(", ", DescriptorCard.Names)}.")
            .Validate<IOptions<ConfigurationOptions>>((o, core) => !o.Enabled || core.Value.Address is not null, "Edge:Faces:Enabled is true, but Edge:Configuration:Address is not set. Only the core can order that faces are looked for, so set its address.")
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<FaceOptions>, DescriptorIsThere>();
#pragma warning disable EXTEXP0001 // The worker asks again by itself.
        services.AddHttpClient(FaceWorker.Client, client => (client.Timeout, client.MaxResponseContentBufferSize) = (Patience, MostBytes)).RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        services.AddSingleton<BystanderBlur>();
        services.TryAddSingleton<FaceOrderBook>();
        services.TryAddSingleton<FaceModels>();
        services.AddSingleton<FaceWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<FaceWatch>());
        return services.AddHostedService<FaceWorker>();
    }

    /// <summary>The setting is no help in a build without the descriptor.</summary>
    private sealed class DescriptorIsThere : IValidateOptions<FaceOptions>
    {
        public ValidateOptionsResult Validate(string? name, FaceOptions options) =>
            options.Enabled && DescriptorCard.Names.Contains(options.Descriptor) && FaceDescriber.Missing(options.ModelsPath, options.Descriptor) is { } missing
                ? ValidateOptionsResult.Fail($"Edge:Faces:Enabled is true, but this edge cannot tell faces apart: {missing} Use a build that has it, or set Edge:Faces:Enabled to false.")
                : ValidateOptionsResult.Success;
    }
}
