using Microsoft.Extensions.DependencyInjection;
using SmartCity.Core.Database;

namespace SmartCity.Core.Models;

internal static class ModelSlice
{
    /// <summary>Versions of models, what is learnt from people's decisions, and the way back to the edges.</summary>
    public static IServiceCollection AddModels(this IServiceCollection services)
    {
        services.AddOptions<ModelOptions>().BindConfiguration(ModelOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<GateOptions>().BindConfiguration(GateOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<TrainingOptions>().BindConfiguration(TrainingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ModelSigningKey>().AddSingleton<ModelRegistry>().AddSingleton<IDatabaseSeed, ModelSeed>();
        services.AddSingleton<LearningGatherer>().AddSingleton<LearningErasure>().AddSingleton<Datasets>().AddSingleton<ModelJudge>().AddSingleton<ModelReadings>();
        services.AddSingleton<TrainingRuns>().AddSingleton<TrainingProgram>().AddSingleton<TrainingJob>();
        services.AddSingleton<Rollouts>().AddSingleton<ModelOverrides>();
        return services.AddHostedService<ModelWorker>().AddHostedService<TrainingWorker>();
    }
}
